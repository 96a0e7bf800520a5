from flows.comparison.pace import progress


def test_at_first_nobody_knows_how_long_it_takes():
    assert progress(0, 10, "mememoji, sound protocol", 0.2) == "1 of 10, preset mememoji, sound protocol"


def test_the_time_left_is_that_of_the_rest_at_the_pace_so_far():
    assert progress(2, 10, "mememoji, sound protocol", 180.0).endswith(
        "3 of 10, preset mememoji, sound protocol, about 12 min left"
    )
    assert progress(9, 10, "vgg_small, seed's protocol", 180.0).endswith(", about 20 s left")
