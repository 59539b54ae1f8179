"""What is measured as JSON and back, for the result file and the journal alike, checked against the types both ways."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from bench.errors import ResultError
from bench.results.limits import refuse_odd_values

T = TypeVar("T")


def encode(value: object) -> bytes:
    """A dataclass, or a mapping of them, as one line of JSON in the order of its fields. Surrogates become U+FFFD.

    Raises:
        ResultError: A number that JSON does not have (NaN, infinity), one beyond 64 bits, or a type it does not have.
    """
    import msgspec

    try:
        refuse_odd_values(value)
        try:
            return msgspec.json.encode(value)
        except UnicodeEncodeError:
            return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))
    except (TypeError, OverflowError) as error:
        raise ResultError(f"the result cannot be written: {error}") from error
    except RecursionError:
        raise ResultError("the result cannot be written: something in it is nested too deeply") from None


def decode(raw: bytes, kind: type[T], where: str) -> T:
    """The dataclass that `encode` wrote, its sequences as tuples. Members that the class does not have are passed over.

    Args:
        raw: JSON.
        kind: The dataclass that it must be.
        where: What is being read, for the message: a file, or a line of one.

    Raises:
        ResultError: It is cut short, not JSON, or not of these types; the message names the place in it.
    """
    import msgspec

    try:
        value = msgspec.json.decode(raw, type=kind)
        refuse_odd_values(value)
    except msgspec.ValidationError as error:
        raise ResultError(f"{where} is not as `bench` writes it: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if "truncated" in str(error):
            raise ResultError(f"{where} is cut short: it ends in the midst of the JSON") from None
        raise ResultError(f"{where} is not JSON: {error}") from None
    except RecursionError:
        raise ResultError(f"{where} is not as `bench` writes it: it is nested too deeply") from None
    except ResultError as error:
        raise ResultError(f"{where} is not as `bench` writes it: {error}") from None
    frozen: T = _with_tuples(value)
    return frozen


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(part) for part in value]
    return value


def _with_tuples(value: Any) -> Any:
    """The same dataclass with tuples where a field is a list, as it was before it was written.

    What a field of any type holds is left as JSON has it.
    """
    if isinstance(value, list):
        return tuple(_with_tuples(part) for part in value)
    if isinstance(value, dict):
        return {key: _with_tuples(part) if _holds_dataclasses(part) else part for key, part in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    nested = {field.name: getattr(value, field.name) for field in fields(value) if field.type not in ("Any", Any)}
    return replace(
        value,
        **{
            name: _with_tuples(part)
            for name, part in nested.items()
            if isinstance(part, list | dict) or is_dataclass(part)
        },
    )


def _holds_dataclasses(value: object) -> bool:
    return is_dataclass(value) or (isinstance(value, list) and any(map(is_dataclass, value)))
