"""Verbs about evaluation: bring sets, responses, annotations and grades in; ask a model; what came of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.cli.console import Console, Subparsers, database, verb

_FORMS = """\
python -m core evaluate import NAME FILE --as set                 seal an evaluation set
python -m core evaluate import NAME FILE --as responses --model M a model's answers
python -m core evaluate open NAME POOL                            let a pool hold its texts
python -m core evaluate respond NAME --model M                    ask a model
python -m core evaluate judge NAME MODEL BASELINE --model JUDGE   let a model compare two
python -m core evaluate score NAME                                ROUGE-L and exact match
python -m core evaluate grades NAME                               what people's blind grades say
python -m core evaluate winrate NAME                              win rates, by people or a judge
python -m core evaluate check POOL                                is a set's text in a pool, or in a release?
"""


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    from core.evaluation.importing import What
    from core.evaluation.schemas import INSTANCES_A_TASK

    whole = verbs.add_parser(
        "evaluate",
        help="does a model trained on this data do better? import, score, grades, winrate",
        description="Sealed evaluation sets, blind ratings and honest figures (Self-Instruct, section 4).",
        epilog=_FORMS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")

    bring = verb(actions, "import", _import, "bring in a set, responses, annotations or grades")
    bring.add_argument("name", help="the evaluation set")
    bring.add_argument("file", type=Path, help="JSON, JSON Lines, CSV or Parquet; for SuperNI a task file or a folder")
    bring.add_argument("--as", dest="what", required=True, choices=[what.value for what in What])
    bring.add_argument("--model", default="", help="whose responses they are, where the file does not say")
    bring.add_argument("--release", type=int, help="the number of the release that the model learned from")
    bring.add_argument("--data", help="else, in words, what it learned from")
    bring.add_argument("--size", type=int, help="how many training instances")
    bring.add_argument("--quality", help="the line that the model belongs to on a curve")
    bring.add_argument(
        "--instances",
        type=int,
        default=INSTANCES_A_TASK,
        help=f"of each SuperNI task, drawn by the seed (default {INSTANCES_A_TASK}; 0 takes all)",
    )
    bring.add_argument("--seed", type=int, default=0)

    opened = verb(actions, "open", _open, "let a pool hold a sealed set's texts, or no longer")
    opened.add_argument("name")
    opened.add_argument("pool")
    opened.add_argument("--close", action="store_true", help="seal it against this pool again")

    check = verb(actions, "check", _check, "is a set's text in a pool, or in a written release?")
    check.add_argument("pool", help="a pool, or the path of a release (folder, .zip or file)")
    score = verb(actions, "score", _score, "ROUGE-L and exact match of every model")
    score.add_argument("name")
    score.add_argument("--model", action="append", default=[], help="only this one; may be repeated")
    _reader(score)
    grades = verb(actions, "grades", _grades, "A to D by people, blind: shares, differences, agreement")
    grades.add_argument("name")
    _reader(grades)
    rates = verb(actions, "winrate", _winrate, "win rates with intervals, length-controlled too")
    rates.add_argument("name")
    rates.add_argument("--by", default="", help="people, or an annotator (default: the newest annotator, else people)")
    rates.add_argument("--against", default="", metavar="MODEL", help="the baseline")
    _reader(rates)

    respond = verb(actions, "respond", _respond, "ask a model for what it has not answered yet")
    respond.add_argument("name")
    respond.add_argument("--as", dest="label", default="", help="the name it has here (default: the model's)")
    respond.add_argument("--system", default="", help="a system message")
    respond.add_argument("--with-input", default="", help="template of tasks with an input: {instruction}, {input}")
    respond.add_argument("--without-input", default="", help="template of the others: {instruction}")
    respond.add_argument("--temperature", type=float, default=0.0)
    respond.add_argument("--max-tokens", type=int, default=1024)
    respond.add_argument("--release", type=int, help="the number of the release that it learned from")
    respond.add_argument("--size", type=int, help="how many training instances")
    respond.add_argument("--quality", help="the line that it belongs to on a curve")
    respond.add_argument("--data", help="in words, what it learned from")
    asked_of(respond)
    judge = verb(actions, "judge", _judge, "let a model compare two models' answers, in both orders")
    judge.add_argument("name")
    judge.add_argument("compared", help="the model that is judged")
    judge.add_argument("against", help="the baseline")
    judge.add_argument("--prompt", type=Path, help="a file with {instruction}, {input}, {first} and {second}")
    judge.add_argument("--max-tokens", type=int, default=256)
    asked_of(judge)


def asked_of(parser: argparse.ArgumentParser) -> None:
    """Which model is asked, where, and for how much at most."""
    parser.add_argument("--model", default="", help="the model that is asked")
    parser.add_argument("--provider", default="")
    parser.add_argument("--base-url", default="")
    parser.add_argument("--endpoint", choices=("completions", "chat"))
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--budget-usd", type=float)
    parser.add_argument("--budget-tokens", type=int)
    parser.add_argument("--budget-requests", type=int)
    parser.add_argument("--budget-seconds", type=float)
    parser.add_argument("--pool", default="", help="the pool whose book of requests it goes into (default: the first)")
    parser.add_argument("--estimate", action="store_true", help="say what it would take, and send nothing")


def _reader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reviewer", default="", help="who asks; whoever is still rating blind sees no result")


def reader_of(chosen: argparse.Namespace) -> str:
    """Who asks: as named, else the environment's reviewer, else the one that the pages take."""
    from core import settings

    return chosen.reviewer or settings.load().reviewer or "me"


def _import(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import models
    from core.evaluation.importing import What, import_file

    what = What(chosen.what)
    described = any(value is not None for value in (chosen.release, chosen.data, chosen.size, chosen.quality))
    if described and what is not What.RESPONSES:
        from core.records import Refused

        raise Refused("--release, --data, --size and --quality describe a model; give them with --as responses.")
    opened = database()
    done = import_file(
        opened,
        chosen.name,
        chosen.file,
        what,
        model=chosen.model,
        instances=chosen.instances or None,
        seed=chosen.seed,
    )
    if described:
        for name in done.models:
            models.register(
                opened,
                name,
                release_id=chosen.release,
                data=chosen.data,
                size=chosen.size,
                quality=chosen.quality,
            )
    for line, reason in done.faults:
        console.note(f"line {line}: {reason}")

    def told() -> list[str]:
        lines = [f"{done.added:,} {done.kind} added to {done.set_name}, {done.known:,} were there."]
        lines += [f"{done.unmatched:,} rows are of no task of the set."] if done.unmatched else []
        lines += [f"{done.differs:,} differ from what is stored, which stays."] if done.differs else []
        lines += [f"{done.left_out:,} further instances of its tasks were left out."] if done.left_out else []
        lines += [f"{len(done.faults):,} rows could not be used."] if done.faults else []
        return [*lines, "models: " + ", ".join(done.models)] if done.models else lines

    console.result(done.as_json(), told)
    return 0


def _open(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import models

    models.open_for(database(), chosen.pool, chosen.name, not chosen.close)
    state = "sealed" if chosen.close else "open"
    found = {"set": chosen.name, "pool": chosen.pool, "state": state}
    console.result(found, lambda: [f"{chosen.name} is {state} for the pool {chosen.pool}."])
    return 0


def _check(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import checking

    opened = database()
    is_path = ("/" in chosen.pool or chosen.pool.endswith(".zip")) and Path(chosen.pool).exists()
    found = checking.check_release(opened, Path(chosen.pool)) if is_path else checking.check_pool(opened, chosen.pool)

    def told() -> list[str]:
        lines = [
            f"  {m.how.value} {m.score:.2f}  row {m.key}  {m.set_name} task {m.position}  {m.evidence[:80]}"
            for m in found.matches[:20]
        ]
        return [found.sentence, *lines]

    console.result(found.as_json(), told)
    return 0


def _score(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import results

    found = results.scores(database(), chosen.name, reader_of(chosen), chosen.model)
    return shown(console, found, _score_lines)


def _grades(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import results

    return shown(console, results.grades(database(), chosen.name, reader_of(chosen)), _grade_lines)


def _winrate(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import winning

    found = winning.win_rates(database(), chosen.name, reader_of(chosen), by=chosen.by, baseline=chosen.against)
    return shown(console, found, _win_lines)


def _respond(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import asking, models
    from core.evaluation.plans import RespondPlan, Sampling

    opened = database()
    target = _target(chosen, opened)
    plan = RespondPlan(
        chosen.name,
        chosen.label or target.model,
        target,
        chosen.system,
        chosen.with_input,
        chosen.without_input,
        Sampling(temperature=chosen.temperature, max_tokens=chosen.max_tokens),
    )
    ahead = asking.respond_ahead(opened, plan)
    if chosen.estimate:
        return _estimated(console, ahead)
    pool_id = _pool(chosen, opened)
    run = asking.start_respond(opened, pool_id, plan, _budget(chosen), here=True)
    described = (chosen.release, chosen.data, chosen.size, chosen.quality)
    if any(value is not None for value in described):
        models.register(
            opened, plan.name, release_id=chosen.release, data=chosen.data, size=chosen.size, quality=chosen.quality
        )
    return _worked(console, opened, run.id, {"set": chosen.name, "model": plan.name})


def _judge(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import asking
    from core.evaluation.plans import JUDGE_PROMPT, JudgePlan, Sampling

    opened = database()
    prompt = chosen.prompt.read_text(encoding="utf-8") if chosen.prompt else JUDGE_PROMPT
    target = _target(chosen, opened)
    sampling = Sampling(max_tokens=chosen.max_tokens)
    plan = JudgePlan(chosen.name, chosen.compared, chosen.against, target, prompt, sampling=sampling)
    if plan.warning:
        console.note(plan.warning)
    ahead = asking.judge_ahead(opened, plan)
    if chosen.estimate:
        return _estimated(console, ahead)
    run = asking.start_judge(opened, _pool(chosen, opened), plan, _budget(chosen), here=True)
    told = {"set": chosen.name, "judge": plan.annotator, "warning": plan.warning or None}
    return _worked(console, opened, run.id, told)


def _target(chosen: argparse.Namespace, opened: Any) -> Any:
    from dataclasses import replace

    from core.llm import target as targets
    from core.llm.providers import provider
    from core.records import Endpoint

    target = targets.environment_target() or targets.default_target(opened)
    if chosen.base_url or chosen.provider:
        server = provider(chosen.provider, chosen.base_url)
        target = targets.Target(
            server.name, server.base_url, "demo" if server.is_demo else target.model, server.endpoint
        )
        targets.use_key_of_environment(server)
    endpoint = Endpoint(chosen.endpoint) if chosen.endpoint else target.endpoint
    return targets.checked_target(
        replace(
            target,
            model=chosen.model or target.model,
            endpoint=endpoint,
            concurrency=chosen.concurrency,
            timeout=chosen.timeout,
        )
    )


def _budget(chosen: argparse.Namespace) -> Any:
    from core.records import Budget

    return Budget(chosen.budget_usd, chosen.budget_tokens, chosen.budget_requests, chosen.budget_seconds)


def _pool(chosen: argparse.Namespace, opened: Any) -> int:
    from core import pools
    from core.records import Refused

    if chosen.pool:
        return pools.named(opened, chosen.pool).id
    there = pools.every(opened)
    if not there:
        raise Refused("There is no pool yet to keep the book of requests in; name one with --pool after making it.")
    return there[0].id


def _estimated(console: Console, ahead: Any) -> int:
    cost = ahead.cost
    found = {
        "requests": ahead.requests,
        "tokens": cost.tokens if cost else 0,
        "most_tokens": cost.most_tokens if cost else 0,
        "usd": cost.usd if cost else 0.0,
        "most_usd": cost.most_usd if cost else 0.0,
    }
    usd = "price unknown" if found["usd"] is None else f"${found['usd']:.4f}, at most ${found['most_usd']:.4f}"
    console.result(found, lambda: [f"{found['requests']:,} requests, about {found['tokens']:,} tokens, {usd}"])
    return 0


def _worked(console: Console, opened: Any, run_id: int, told: dict[str, Any]) -> int:
    from core.records import RunState
    from core.runs import runner

    def line(counts: Any) -> str:
        return f"{counts.get('accepted', 0):,} of {counts.get('target') or 0:,}, {counts.get('requests', 0):,} requests"

    run = runner.work_here(opened, run_id, lambda counts: console.progress(line(counts)))
    found = {**told, "run": run.id, "state": run.state.value, "message": run.message, **run.counts}
    console.result(found, lambda: [f"Run {run.id} {run.state}: {run.message}", line(run.counts)])
    return 0 if run.state is RunState.DONE else 1


def shown(console: Console, found: Any, lines: Callable[[Any], list[str]]) -> int:
    """Print a result, or refuse while its reader still rates blind."""
    from core.evaluation.words import StillRating
    from core.records import Refused

    if isinstance(found, StillRating):
        raise Refused(str(found))
    console.result(found.as_json(), lambda: lines(found))
    return 0


def _score_lines(found: Any) -> list[str]:
    lines = [f"{'model':32}{'n':>7}{'ROUGE-L':>9}{'95%':>16}{'exact':>8}{'empty':>7}"]
    for name, each in found.models.items():
        row = each.overall
        lines.append(
            f"{name:32}{row.n:>7,}{_number(row.rouge_l.value):>9}{_bounds(row.rouge_l):>16}"
            f"{_number(row.exact_match):>8}{row.empty:>7,}"
        )
    return lines


def _grade_lines(found: Any) -> list[str]:
    lines = [f"{'model':32}{'n':>6}{'A':>6}{'B':>6}{'C':>6}{'D':>6}   A+B"]
    for each in found.models:
        counts = "".join(f"{count:>6}" for count in each.counts.values())
        valid = each.valid
        lines.append(f"{each.model:32}{each.n:>6}{counts}   {valid.percent:.1f}% [{valid.low:.1f}, {valid.high:.1f}]")
    lines += [f"{each.a} and {each.b}: {each.meaning}" for each in found.differences]
    if found.agreement:
        for figure in found.agreement.figures:
            value = "undefined" if figure.value is None else f"{figure.value:.2f}"
            lines.append(f"{figure.name}: {value}, n={figure.n}. {figure.meaning}")
    lines.append(f"{found.variants} models were rated blind in this database so far; the best of many flatters itself.")
    return lines


def _win_lines(found: Any) -> list[str]:
    against = found.baseline or "all others"
    lines = [f"by {found.by}, against {against}"]
    lines.append(
        f"{'model':32}{'n':>6}{'wins':>7}{'losses':>8}{'draws':>7}{'rate':>8}{'95%':>16}{'LC':>8}{'length':>8}"
    )
    for name, each in found.models.items():
        length = "–" if each.length is None else f"{each.length:,.0f}"
        lines.append(
            f"{name:32}{each.n:>6}{each.wins:>7}{each.losses:>8}{each.draws:>7}{_number(each.win_rate):>8}"
            f"{_bounds(each.interval):>16}{_number(each.length_controlled):>8}{length:>8}"
            + ("  tied" if each.is_tied else "")
        )
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _bounds(interval: Any) -> str:
    return "none" if interval.low is None else f"[{interval.low:.1f}, {interval.high:.1f}]"
