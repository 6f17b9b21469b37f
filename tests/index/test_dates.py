import pytest

from index.dates import relative_dates


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("今年11月16日，标准被采纳", "2023-12-27", {"今年11月16日": "2023-11-16"}),
        ("去年营收3亿元，本月再增", "2025-05-20", {"去年": "2024", "本月": "2025-05"}),
        ("本月3日通报", "2025-05-20", {"本月3日": "2025-05-03"}),
        ("今年8月，规定出台", "2023", {"今年8月": "2023-08"}),
        ("今年8月，规定出台", "", {}),
        ("近日，规定出台", "2023-12-27", {}),
    ],
)
def test_dates_that_lean_on_the_day_of_publication(text, published, found):
    assert relative_dates(text, published) == found
