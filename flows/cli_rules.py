"""`gongkai rules`: what reports are held against."""

from __future__ import annotations

import json

import click

from flows.cli_options import FORMAT

KINDS = ("format", "in_report", "cross_year", "cross_report", "narrative", "timeliness")
SEVERITIES = ("error", "warning", "info")


@click.group()
def rules() -> None:
    """List and explain the rules that reports are held against (docs/rules.md)."""


@rules.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only rules of this kind.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only rules of this severity.")
@FORMAT
def list_rules(kind: str | None, severity: str | None, output_format: str) -> None:
    """One line a rule: name, severity, kind and statement.

    \b
    Example: gongkai rules list --kind in_report
    """
    from flows.formats import rules as all_rules
    from flows.quality.rule_page import as_data, list_in_words

    listed = [rule for rule in all_rules() if kind in (None, rule.rule_kind) and severity in (None, rule.severity)]
    if output_format == "json":
        click.echo(json.dumps([as_data(rule) for rule in listed], ensure_ascii=False, indent=1))
    else:
        click.echo(list_in_words(listed), nl=False)


@rules.command()
@click.argument("rule_id", metavar="ID")
@FORMAT
def show(rule_id: str, output_format: str) -> None:
    """Everything about one rule: formula, cells, source, what to do, known faults.

    \b
    Example: gongkai rules show B03
    """
    from flows.quality.rule_page import as_data, find_rule, rule_in_words

    rule = find_rule(rule_id)
    if output_format == "json":
        click.echo(json.dumps(as_data(rule), ensure_ascii=False, indent=1))
    else:
        click.echo(rule_in_words(rule), nl=False)
