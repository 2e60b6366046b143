# kinds.py - MLflow's classes for chats and agents, whose signature and example are MLflow's own
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import inspect
import logging
from collections import namedtuple
from importlib import import_module
from typing import Any

from . import errors

logger = logging.getLogger("pyfunc_env")

# What pyfunc/__init__.py of MLflow saves such a model with: the program's word for its loader, the
# task that its metadata names, and where its schemas, its example and its answer's class are.
_Kind = namedtuple("_Kind", ["word", "task", "module", "prefix", "answer"])
_KINDS = {
    "ChatModel": _Kind(
        "chat-model", "agent/v1/chat", "mlflow.types.llm", "CHAT_MODEL", "ChatCompletionResponse"
    ),
    "ChatAgent": _Kind(
        "chat-agent", "agent/v2/chat", "mlflow.types.agent", "CHAT_AGENT", "ChatAgentResponse"
    ),
    "ResponsesAgent": _Kind(
        "responses-agent",
        "agent/v1/responses",
        "mlflow.types.responses",
        "RESPONSES_AGENT",
        "ResponsesAgentResponse",
    ),
}


def name_of(model: Any) -> str | None:
    """ChatModel, ChatAgent or ResponsesAgent; None: it is none of these."""
    for kind in type(model).__mro__:
        if kind.__module__ == "mlflow.pyfunc.model" and kind.__name__ in _KINDS:
            return kind.__name__
    return None


def word_of(name: str) -> str:
    return str(_KINDS[name].word)


def fill(name: str, model: Any, given: dict[str, Any], context: Any) -> None:
    """The signature, example and metadata of such a model; it is asked once, as MLflow does."""
    kind = _KINDS[name]
    if given["signature"] is not None:
        raise errors.UsageError(
            f"{name} subclasses have a standard signature that is set automatically. Please remove "
            "the `signature` parameter from the call to log_model() or save_model()."
        )
    try:
        types = import_module(kind.module)
        inputs, outputs, example = (
            getattr(types, f"{kind.prefix}_{part}")
            for part in ("INPUT_SCHEMA", "OUTPUT_SCHEMA", "INPUT_EXAMPLE")
        )
    except (ImportError, AttributeError) as error:
        raise errors.UsageError(f"this MLflow writes no {name} by itself: {error}") from None
    given["signature"] = {"inputs": inputs.to_json(), "outputs": outputs.to_json()}
    given["metadata"] = {"task": kind.task, **(given["metadata"] or {})}
    given["input_example"] = given["input_example"] or example
    model.load_context(context)
    answer = _ASK[name](types, model, given, context)
    _check(name, getattr(types, kind.answer), answer)


def _check(name: str, wanted: Any, answer: Any) -> None:
    if isinstance(answer, wanted):
        return
    try:
        if not hasattr(wanted, "model_validate"):
            raise TypeError(f"it returns {type(answer).__name__}")
        wanted.model_validate(answer)
    except Exception as error:
        raise errors.UsageError(
            f"Failed to save {name}. Please ensure that the model's predict() method returns a "
            f"{wanted.__name__} object: {error}"
        ) from error


def _ask_chat_model(types: Any, model: Any, given: dict[str, Any], context: Any) -> Any:
    from .examples import split

    example, more = split(given["input_example"])
    if isinstance(example, list):
        example = {"messages": example}
    known = types.ChatParams.keys()
    params = {key: value for key, value in example.items() if key in known}
    params.update(more or {})
    dicts = [m if isinstance(m, dict) else m.to_dict() for m in example["messages"]]
    given["input_example"] = {"messages": dicts, **params}
    messages = [types.ChatMessage.from_dict(message) for message in dicts]
    words = [context] if "context" in inspect.signature(model.predict).parameters else []
    return model.predict(*words, messages, types.ChatParams.from_dict(params))


def _request(wanted: Any, given: dict[str, Any]) -> Any:
    example = given["input_example"]
    try:
        request = example if isinstance(example, wanted) else wanted(**example)
    except Exception as error:
        raise errors.UsageError(
            f"Invalid input example. Expected a {wanted.__name__} object or dictionary with its "
            f"schema. {error}"
        ) from error
    if request is example:
        given["input_example"] = request.model_dump(exclude_none=True)
    return request


def _ask_chat_agent(types: Any, model: Any, given: dict[str, Any], context: Any) -> Any:
    request = _request(types.ChatAgentRequest, given)
    return model.predict(request.messages, request.context, request.custom_inputs)


def _ask_responses_agent(types: Any, model: Any, given: dict[str, Any], context: Any) -> Any:
    return model.predict(_request(types.ResponsesAgentRequest, given))


_ASK = {
    "ChatModel": _ask_chat_model,
    "ChatAgent": _ask_chat_agent,
    "ResponsesAgent": _ask_responses_agent,
}
