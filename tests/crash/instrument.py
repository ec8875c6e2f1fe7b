"""Makes a point before and after every await of chosen modules, as they are imported.

No list of places: the syntax tree of each module is rewritten, `await x` to
`__passed__(after, await __reached__(before, x))`, and `async with` and `async for` get a point
before, within and after. Commits of storage are awaits of its own modules.
"""

import ast
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, TypeVar

from .points import Board

T = TypeVar("T")

REACHED, PASSED, MARK = "__reached__", "__passed__", "__mark__"

Block = ast.AsyncWith | ast.AsyncFor


class Rewriting(ast.NodeTransformer):
    """Puts points into one module; `name` is what labels begin with."""

    def __init__(self, name: str, label: Callable[[str], int]) -> None:
        self._name = name
        self._label = label

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """`await x`, between two points."""
        what = _called(node.value)
        self.generic_visit(node)
        reached = self._call(REACHED, self._point(node, f"before {what}"), node.value)
        awaited = ast.copy_location(ast.Await(reached), node)
        passed = self._call(PASSED, self._point(node, f"after {what}"), awaited)
        return ast.copy_location(passed, node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.stmt]:
        """A block that is entered and left by awaiting."""
        return self._block(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> list[ast.stmt]:
        """A loop that awaits each item."""
        return self._block(node)

    def _block(self, node: Block) -> list[ast.stmt]:
        self.generic_visit(node)
        node.body = [self._mark(node, "within block"), *node.body]
        return [self._mark(node, "before block"), node, self._mark(node, "after block")]

    def _mark(self, node: ast.stmt, where: str) -> ast.stmt:
        return ast.copy_location(ast.Expr(self._call(MARK, self._point(node, where))), node)

    def _point(self, node: ast.AST, where: str) -> ast.expr:
        number = self._label(f"{self._name}:{getattr(node, 'lineno', 0)} {where}")
        return ast.Constant(number)

    def _call(self, function: str, *arguments: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(function, ast.Load()), list(arguments), [])


def _called(node: ast.expr) -> str:
    """The name of what is awaited, as far as it has one."""
    function = node.func if isinstance(node, ast.Call) else node
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return "it"


def rewritten(source: bytes, path: str, name: str, label: Callable[[str], int]) -> CodeType:
    """The module's code, with points."""
    tree = Rewriting(name, label).visit(ast.parse(source, path))
    code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
    return code


def functions(hit: Callable[[int], None]) -> dict[str, Any]:
    """What rewritten code calls."""

    def through(point: int, value: T) -> T:
        hit(point)
        return value

    return {REACHED: through, PASSED: through, MARK: hit}


class _Loader(SourceFileLoader):
    """Loads a module rewritten, never from its cached bytecode."""

    def __init__(self, name: str, path: str, board: Board) -> None:
        super().__init__(name, path)
        self._board = board

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        name = fullname.removeprefix("gateway.")
        return rewritten(self.get_data(path), path, name, self._board.label)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(functions(self._board.hit))
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def __init__(self, board: Board, names: Sequence[str]) -> None:
        self._board = board
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec with a rewriting loader, if it is a chosen one."""
        if not any(fullname == each or fullname.startswith(f"{each}.") for each in self._names):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path, self._board)
        return spec


def install(board: Board, names: Sequence[str]) -> None:
    """Instrument these modules, and those below them; none of them may be imported yet."""
    early = [each for each in names if each in sys.modules]
    if early:
        raise RuntimeError(f"imported before it was instrumented: {', '.join(early)}")
    sys.meta_path.insert(0, _Finder(board, names))
