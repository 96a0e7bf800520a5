"""`python -m mien.presets`: list the presets, or write one into params.yaml."""

import argparse
import sys

from mien.errors import MienError
from mien.params import PARAMS_FILE
from mien.params.edit import edit_params
from mien.presets.preset import PRESETS, PROTOCOLS, Preset, Protocol, Published, load_preset

TWINS = "twins of test faces are among those that are learned from; only the figure on the clean rows counts"
"""What is wrong with a protocol in which nothing else is."""


def main() -> None:
    """List, or write; exit code 1 where that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m mien.presets", description="Reference projects: list them, or write one into params.yaml."
    )
    parser.add_argument("name", nargs="?", help="the preset to write; without one all of them are listed")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="sound", help="by default the sound one")
    words = parser.parse_args()
    try:
        print(_write(load_preset(words.name), words.protocol) if words.name else _listing())
    except MienError as error:
        sys.exit(f"\n{error}")


def _listing() -> str:
    presets = [load_preset(name) for name in PRESETS]
    head = ("preset", "project", "network", "parameters", "published", "the seed's protocol")
    rows = [head, *map(_row, presets)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    unsound = [f"{preset.name}, seed: {preset.unsound}" for preset in presets if preset.unsound]
    return "\n".join([*lines, "", *unsound, f"twins stay: {TWINS}", f"not said: on which faces it was; {TWINS}"])


def _row(preset: Preset) -> tuple[str, ...]:
    return (
        preset.name,
        f"{preset.title}, {preset.year}",
        preset.sections()["train"]["network"]["name"],
        f"{preset.parameters:,}" if preset.parameters else "varies",
        _figures(preset.published),
        _protocol(preset),
    )


def _protocol(preset: Preset) -> str:
    """What the project's figure is worth, in two words."""
    if preset.unsound:
        return "unsound"
    return "not said" if preset.published.accuracy and not preset.published.test else "twins stay"


def _figures(published: Published) -> str:
    if published.accuracy is None:
        return "no figure"
    count = f"{published.correct:,} of " if published.correct else ""
    faces = f" ({count}{published.faces:,}: {published.test})" if published.faces else ""
    return f"{published.accuracy:.1%}{faces}"


def _write(preset: Preset, protocol: Protocol) -> str:
    changes = edit_params(preset.sections(protocol))
    if not changes:
        return f"{PARAMS_FILE} says that already."
    lines = [f"{PARAMS_FILE} has the preset {preset.name}, {protocol} protocol:", *(f"  {one}" for one in changes)]
    if protocol == "seed":
        unsound = f"Its figures are not to be believed: {preset.unsound}."
        lines.append(unsound if preset.unsound else f"Twins stay: {TWINS}.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
