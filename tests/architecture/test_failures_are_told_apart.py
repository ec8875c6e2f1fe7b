"""Whoever catches everything hides faults of ours, so only the outermost edges may."""

import ast
from collections.abc import Iterator

from tests.architecture.sources import functions, modules, place, tree

CATCHES_ALL = {
    "gateway/background.py _guarded": "work beside requests: its fault is logged, the rest goes on",
    "gateway/directory/changes/recovery.py Recovery._guarded": "work on one interrupted write:"
    " logged, and the others are taken up",
    "gateway/web/graphql.py Endpoint.asgi": "the outermost edge of a request: masked and logged",
}


def _hides_all(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False  # it tidies up, and hides nothing
    if handler.type is None:
        return True
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(caught & {"Exception", "BaseException", "BaseExceptionGroup", "ExceptionGroup"})


def _owners(source: ast.Module) -> Iterator[str]:
    """The innermost function around each handler that hides everything."""
    spans = [(node.lineno, node.end_lineno or 0, name) for name, node in functions(source)]
    for node in ast.walk(source):
        if isinstance(node, ast.ExceptHandler) and _hides_all(node):
            around = [span for span in spans if span[0] <= node.lineno <= span[1]]
            yield max(around)[2] if around else "<module>"


def test_only_the_outermost_edges_catch_everything() -> None:
    found = {f"{place(path)} {owner}" for path in modules() for owner in _owners(tree(path))}
    assert found == CATCHES_ALL.keys()


def test_a_handler_that_tidies_up_and_raises_again_is_none_of_them() -> None:
    source = """
def hides():
    try: pass
    except (OSError, Exception): pass
class Edge:
    def tidies(self):
        try: pass
        except BaseException:
            print()
            raise
    async def bare(self):
        try: pass
        except: pass
def narrow():
    try: pass
    except OSError: pass
"""
    assert list(_owners(ast.parse(source))) == ["hides", "Edge.bare"]
