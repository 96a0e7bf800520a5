from flows.checkout.child import run_dvc
from flows.checkout.mend import LOCKS, mend_locks


def test_a_list_of_locks_that_a_kill_has_cut_off_is_removed_and_dvc_works_again(repository):
    LOCKS.write_text('{"read": {')
    told = []
    mend_locks(repository, told.append)
    assert told == [f"{repository / LOCKS} was cut off by a kill; removed"]
    assert run_dvc("repro", "--single-item", "other")


def test_a_whole_list_and_a_missing_one_are_left_alone(repository):
    mend_locks(repository, lambda _: None)
    LOCKS.write_text('{"read": {}, "write": {}}')
    mend_locks(repository, lambda line: (_ for _ in ()).throw(AssertionError(line)))
    assert LOCKS.exists()
