import pytest

from flows.errors import FlowError
from flows.remote import gpu
from flows.remote.gpu import check_gpu


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Where params.yaml is, on a machine on which the backend sees no GPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(gpu.ALLOW_CPU, raising=False)
    monkeypatch.setattr(gpu, "_devices", lambda: {"backend": "tensorflow", "gpus": 0, "names": []})
    return tmp_path / "params.yaml"


def test_a_machine_without_a_gpu_is_refused(params):
    params.write_text("train: {device: auto}")
    with pytest.raises(FlowError, match="tensorflow sees no GPU"):
        check_gpu()


def test_the_worker_may_say_that_it_trains_on_the_cpu(params, monkeypatch):
    params.write_text("train: {device: auto}")
    monkeypatch.setenv(gpu.ALLOW_CPU, "true")
    check_gpu()


def test_the_params_may_say_that_it_trains_on_the_cpu_also_where_this_code_does_not_know_all_of_them(params):
    params.write_text("train: {device: cpu, of_tomorrow: 1}\nstage_of_tomorrow: {}")
    check_gpu()
