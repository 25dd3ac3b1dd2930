"""The command line: few nouns, help from types and docstrings, errors in one plain sentence."""

from __future__ import annotations

import sys

import cyclopts

from regulars import __version__
from regulars.vocabulary.errors import RegularsError

from . import (
    adjusting,
    auditing,
    data,
    deciding,
    identity,
    importing,
    keeping,
    loyalty,
    people,
    promotions,
    requests,
    running,
    sampling,
    sources,
    trying,
    webhooks,
)
from .common import FLAGS

app = cyclopts.App(
    name="regulars",
    help="One live customer profile from every till and shop.",
    version=__version__,
    help_format="plaintext",
    default_parameter=FLAGS,
)
running.add_to(app)
data.add_to(app)
deciding.add_to(identity.app)
adjusting.add_to(loyalty.app)
app.command(importing.app)
app.command(identity.app)
app.command(loyalty.app)
auditing.add_to(app)
app.command(sources.app)
app.command(webhooks.app)
app.command(promotions.app)
people.add_to(app)
app.command(requests.app)
keeping.add_to(app)
trying.add_to(app)
app.command(sampling.app)


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0 only on success."""
    try:
        result = app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
    except RegularsError as error:
        print(f"regulars: {error.message}", file=sys.stderr)
        return 1
    except cyclopts.CycloptsError:
        return 2
    except KeyboardInterrupt:
        print("regulars: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 141
    return result if isinstance(result, int) else 0
