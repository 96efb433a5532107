import json

import pytest
from click.testing import CliRunner

from nli.cli.statements import statements_command

TEXT = "Anna Hale denied the charge on Monday.\n\nThe dam burst in May.\n"


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_a_readable_list(story):
    result = CliRunner().invoke(statements_command, [story])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"Anna Hale [denies, denied] Anna Hale denied the charge on Monday.  ({story}:0-37)",
        f"narrator [reports] The dam burst in May.  ({story}:40-61)",
    ]


def test_json_lines(story):
    result = CliRunner().invoke(statements_command, [story, "--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["file"], row["speaker"], row["frame"]) for row in rows] == [
        (story, "Anna Hale", "denies"),
        (story, None, "reports"),
    ]
    assert TEXT[rows[0]["start"] : rows[0]["end"]] == "Anna Hale denied the charge on Monday"


def test_a_column_of_a_table(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": "a", "story": TEXT}) + "\n", encoding="utf-8")
    result = CliRunner().invoke(statements_command, [str(path), "--text-column", "story", "--json"])
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [f"{path}#a"] * 2
