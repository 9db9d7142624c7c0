"""Rows of papers: complete, in range, and as printed at known places."""

from __future__ import annotations

from ucch.leaderboard import paper_tables


def test_all_methods_on_four_sets_at_four_lengths() -> None:
    (paper,) = paper_tables()
    assert "TPAMI 45(3), 2023" in paper.source
    by_method = {(row.method, row.data): row for row in paper.rows}
    assert len(by_method) == len(paper.rows) == 39
    sets = {row.data for row in paper.rows}
    assert sets == {"MIRFLICKR-25K", "IAPR TC-12", "NUS-WIDE", "MS-COCO"}
    for row in paper.rows:
        assert row.bits == ((16, 32, 64) if row.method == "UCH" else (16, 32, 64, 128))
        assert len(row.image_to_text) == len(row.text_to_image) == len(row.bits)
        assert all(0.3 < value < 0.8 for value in (*row.image_to_text, *row.text_to_image))
    assert ("UCH", "NUS-WIDE") not in by_method
    assert by_method["UCCH", "NUS-WIDE"].text_to_image == (0.701, 0.724, 0.745, 0.750)
    assert set(by_method["CMFH", "MS-COCO"].text_to_image) == {0.346}
