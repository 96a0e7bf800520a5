import gzip
import stat
import struct
import zipfile

import pytest

from mien.datasets import compressed
from mien.errors import DataError

TEXT = b"emotion,pixels,Usage\n" + b"0,1 2 3,Training\n" * 2000


def read(path):
    with compressed.plain(path) as stream:
        return stream.read()


def zipped(path, members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_plain_gzip_and_zip_are_told_apart_by_content_not_by_name(tmp_path):
    for name, content in {"a.csv": TEXT, "b.csv": gzip.compress(TEXT), "c.gz": TEXT}.items():
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name) == TEXT
    archive = zipped(tmp_path / "d.csv", [("sub/fer2013.csv", TEXT)])
    assert read(archive) == TEXT
    assert compressed.member_name(archive) == "sub/fer2013.csv"


def test_papers_and_litter_in_a_zip_do_not_count(tmp_path):
    members = [("README.md", b"x"), ("__MACOSX/._a.csv", b"x"), ("._a.csv", b"x"), ("d/", b""), ("a.csv", TEXT)]
    assert read(zipped(tmp_path / "a.zip", members)) == TEXT


def test_nothing_is_written_to_disk(tmp_path):
    read(zipped(tmp_path / "a.zip", [("a.csv", TEXT)]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([("a.csv", TEXT), ("b.csv", TEXT)], r"exactly one CSV file; CSV files in it: a.csv, b.csv"),
        ([("train/angry/1.jpg", b"x")], "exactly one CSV file; CSV files in it: none"),
        ([("inner.zip", b"PK")], "exactly one CSV file; CSV files in it: none"),
        ([("../../etc/passwd.csv", TEXT)], r"unsafe member '../../etc/passwd.csv'"),
        ([("/etc/passwd.csv", TEXT)], "unsafe member '/etc/passwd.csv'"),
        ([("..\\up.csv", TEXT)], "unsafe member"),
        ([(f"{number}.md", b"") for number in range(1001)] + [("a.csv", TEXT)], "very many or very large files"),
    ],
)
def test_an_archive_that_holds_anything_but_one_csv_is_refused(tmp_path, members, fault):
    with pytest.raises(DataError, match=f"a.zip: .*{fault}"):
        read(zipped(tmp_path / "a.zip", members))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # zipfile says so when the test makes the archive
def test_duplicate_names_in_a_zip_are_two_files(tmp_path):
    with pytest.raises(DataError, match="exactly one CSV"):
        read(zipped(tmp_path / "a.zip", [("a.csv", TEXT), ("a.csv", TEXT)]))


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DataError, match=r"unsafe member 'a.csv'"):
        read(zipped(tmp_path / "a.zip", [(link, b"/etc/passwd")]))


def test_an_encrypted_zip_is_named(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", TEXT)])
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a.zip: the zip archive is encrypted"):
        read(path)


def test_a_zip64_directory_that_may_hold_millions_of_entries_is_refused_before_it_is_read(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", TEXT)])
    content = path.read_bytes()
    at = content.rfind(b"PK\x05\x06")
    path.write_bytes(content[:at] + b"PK\x06\x07" + bytes(16) + content[at:])
    with pytest.raises(DataError, match="very many or very large files"):
        read(path)


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_a_truncated_archive_is_named(tmp_path, pack):
    path = tmp_path / f"a.{pack}"
    noise = struct.pack("<1000d", *range(1000)) + TEXT
    if pack == "gzip":
        path.write_bytes(gzip.compress(noise))
    else:
        zipped(path, [("a.csv", noise)])
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(DataError, match=rf"a.{pack}: truncated.*download it again"):
        read(path)


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_a_damaged_archive_is_named(tmp_path, pack):
    path = tmp_path / f"a.{pack}"
    noise = bytes(range(256)) * 50
    if pack == "gzip":
        path.write_bytes(gzip.compress(noise))
    else:
        zipped(path, [("a.csv", noise)])
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"a.{pack}: damaged archive"):
        read(path)


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_a_bomb_is_refused_by_its_ratio_before_it_fills_anything(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(compressed, "RATIO_FROM", 1 << 20)
    path = tmp_path / f"a.{pack}"
    zeros = b"0 " * (4 << 20)
    if pack == "gzip":
        path.write_bytes(gzip.compress(zeros))
    else:
        zipped(path, [("a.csv", zeros)])
    with compressed.plain(path) as stream, pytest.raises(DataError, match="packed bytes unpack to more than 1,"):
        list(iter(lambda: stream.read(1 << 16), b""))


def test_the_total_is_limited_whatever_the_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed, "MAX_TOTAL", 1000)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT))
    with pytest.raises(DataError, match="no CSV of faces"):
        read(path)
