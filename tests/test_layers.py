"""The direction of the code: who may import whom (docs/architecture.md), read from the sources."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "slcp": set[str](),
    "slcpd": {"slcp"},
    "slcpctl": {"slcp"},
}
SLCP_FROM_TOP_TO_BOTTOM = [
    "slcp",
    "slcp.escaping",
    "slcp.bounded",
    "slcp.errors",
    "slcp.messages",
    "slcp.wire",
    "slcp.dialects",
    "slcp.evidence",
    "slcp.json_wire",
    "slcp.reading",
    "slcp.outgoing",
    "slcp.stream",
    "slcp.links",
    "slcp.fingerprint",
    "slcp.frames",
    "slcp.trust",
    "slcp.node",
    "slcp.groups",
    "slcp.peers",
    "slcp.addressing",
    "slcp.senders",
    "slcp.announcing",
    "slcp.membership",
    "slcp.rates",
    "slcp.answering",
    "slcp.liveness",
    "slcp.blocklist",
    "slcp.presence",
    "slcp.events",
    "slcp.requests",
    "slcp.results",
    "slcp.lines",
    "slcp.control",
    "slcp.config",
    "slcp.endpoint",
    "slcp.places",
    "slcp.named_pipe",
    "slcp.local_stream",
    "slcp.cursor",
    "slcp.client",
    "slcp.async_client",
]
SHELL_OF_SLCP = {  # the client: what talks to the system
    "slcp.async_client",
    "slcp.client",
    "slcp.cursor",
    "slcp.local_stream",
    "slcp.named_pipe",
}
FOR_SHELLS = {
    "asyncio",
    "concurrent",
    "logging",
    "multiprocessing",
    "queue",
    "sched",
    "select",
    "selectors",
    "signal",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "threading",
}
CLOCKS = {"time", "datetime"}
READINGS_OF_A_CLOCK = {"monotonic", "now", "perf_counter", "time", "time_ns", "today", "utcnow"}


@dataclass(frozen=True)
class Import:
    """One import: `module` is the name that is imported, dots and all."""

    by: str
    module: str
    where: str  # file:line


def modules(package: str) -> dict[str, Path]:
    """The modules of a package by name."""
    return {name_of(path): path for path in sorted((ROOT / package).rglob("*.py"))}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def imports(name: str, path: Path) -> Iterator[Import]:
    """Every import in a module, those inside functions and under TYPE_CHECKING included."""
    for node in nodes(path):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Import(names=aliases):
                yield from (Import(name, alias.name, where) for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                base = ".".join(part for part in (package_above(name, path, level), module) if part)
                yield Import(name, base, where)
                yield from (Import(name, f"{base}.{alias.name}", where) for alias in aliases)
            case _:
                pass


def package_above(name: str, path: Path, level: int) -> str:
    """The package that a relative import of `level` dots starts from; empty for an absolute one."""
    if level == 0:
        return ""
    parts = name.split(".")
    own_package = parts if path.name == "__init__.py" else parts[:-1]
    return ".".join(own_package[: len(own_package) - level + 1])


def imports_of_package(package: str) -> list[Import]:
    return [found for name, path in modules(package).items() for found in imports(name, path)]


def inside(package: str) -> list[Import]:
    """The imports of one module of a package by another."""
    known = modules(package)
    return [found for found in imports_of_package(package) if found.module in known and found.module != found.by]


def report(wrong: Iterable[str], rule: str) -> None:
    lines = sorted(set(wrong))
    assert not lines, "\n  ".join([rule, *lines])


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_in_one_direction(package: str) -> None:
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    report(
        (f"{i.where}: imports {i.module}" for i in imports_of_package(package) if i.module.split(".")[0] in forbidden),
        f"{package} may import, of our packages, only: {', '.join(sorted(MAY_IMPORT[package])) or 'none'}",
    )


def test_a_module_of_slcp_imports_only_what_stands_above_it() -> None:
    order = {name: place for place, name in enumerate(SLCP_FROM_TOP_TO_BOTTOM)}
    assert modules("slcp").keys() == order.keys(), "SLCP_FROM_TOP_TO_BOTTOM must list the modules of slcp, each once"
    report(
        (f"{i.where}: {i.by} imports {i.module}" for i in inside("slcp") if order[i.module] >= order[i.by]),
        "a module of slcp imports only what stands above it in SLCP_FROM_TOP_TO_BOTTOM",
    )


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_imports_itself_by_way_of_others(package: str) -> None:
    graph = TopologicalSorter[str]()
    for found in inside(package):
        if found.module != package:  # the package itself holds the version alone
            graph.add(found.by, found.module)
    try:
        graph.prepare()
    except CycleError as error:
        pytest.fail(f"{package} has an import cycle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_itself_imports_nothing(package: str) -> None:
    report(
        (f"{i.where}: imports {i.module}" for i in imports(package, ROOT / package / "__init__.py")),
        f"{package}/__init__.py is paid for by every import of its modules: keep it free of imports",
    )


def test_the_library_leaves_sockets_tasks_and_logs_to_the_programs() -> None:
    report(
        (
            f"{i.where}: {i.by} imports {i.module}"
            for i in imports_of_package("slcp")
            if i.module.split(".")[0] in FOR_SHELLS and i.by not in SHELL_OF_SLCP
        ),
        f"only {', '.join(SHELL_OF_SLCP)} may do input and output; the others take bytes and give events",
    )


def test_the_library_takes_the_time_as_an_argument() -> None:
    pure = {name: path for name, path in modules("slcp").items() if name not in SHELL_OF_SLCP}
    imported = (
        f"{i.where}: imports {i.module}"
        for name, path in pure.items()
        for i in imports(name, path)
        if i.module.split(".")[0] in CLOCKS
    )
    read = (
        f"{path.relative_to(ROOT)}:{node.lineno}: reads a clock by .{node.func.attr}()"
        for path in pure.values()
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READINGS_OF_A_CLOCK
    )
    report([*imported, *read], "no module of slcp but its shell reads a clock: the time is a parameter (`now`)")


def test_the_library_needs_nothing_but_platformdirs() -> None:
    allowed = sys.stdlib_module_names | {"slcp", "platformdirs"}
    report(
        (f"{i.where}: imports {i.module}" for i in imports_of_package("slcp") if i.module.split(".")[0] not in allowed),
        "slcp needs the standard library and platformdirs, no more",
    )


def test_what_is_shown_knows_nothing_of_windows() -> None:
    """slcpctl.view is shared by every client that shows a chat: facts out of answers and events, nothing else."""
    allowed = {"slcp", "slcpctl", "__future__", *(sys.stdlib_module_names - FOR_SHELLS - CLOCKS)}
    used = [found for found in imports_of_package("slcpctl") if found.by.startswith("slcpctl.view")]
    foreign = [i for i in used if i.module.split(".")[0] not in allowed]
    sideways = [i for i in used if i.module.startswith("slcpctl.") and not i.module.startswith("slcpctl.view")]
    assert used
    report((f"{i.where}: imports {i.module}" for i in [*foreign, *sideways]), "slcpctl.view is pure")


# The parts of slcpctl that show a chat, each with what it may not know: the others, and their toolkits
KEPT_APART = {
    "slcpctl.conversing": {"slcpctl.chat", "slcpctl.screen", "slcpctl.window", "prompt_toolkit", "tkinter"},
    "slcpctl.chat": {"slcpctl.window", "tkinter"},
    "slcpctl.screen": {"slcpctl.chat", "slcpctl.window", "tkinter"},
    "slcpctl.window": {"slcpctl.chat", "slcpctl.screen", "prompt_toolkit"},
}


@pytest.mark.parametrize("part", KEPT_APART)
def test_chats_know_of_each_other_only_what_they_share(part: str) -> None:
    foreign = [
        found
        for found in imports_of_package("slcpctl")
        if is_within(found.by, part) and any(is_within(found.module, other) for other in KEPT_APART[part])
    ]
    report((f"{i.where}: imports {i.module}" for i in foreign), f"{part} may know none of {sorted(KEPT_APART[part])}")


def is_within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_the_sources_are_found(package: str) -> None:
    assert package in modules(package)
