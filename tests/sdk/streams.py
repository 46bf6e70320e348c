"""Reads the mock server's streams with the official Python SDKs; see run.sh.

The first server sends five words. The second sends three words of reasoning, five words and a call of the tool `weather`.
"""

import json
import sys

from anthropic import Anthropic
from openai import OpenAI

PLAIN, RICH = sys.argv[1:3]
MESSAGES = [{"role": "user", "content": "Say something."}]


def openai(url):
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def anthropic(url):
    return Anthropic(base_url=url, api_key="none", max_retries=0)


def words(text):
    return len(text.split())


def check(name, got, expected):
    print(f"{'ok  ' if got == expected else 'FAIL'} {name}: {got}")
    if got != expected:
        sys.exit(f"expected {expected}")


def chat(url):
    text, reasoning, arguments, tool, finish, usage = "", "", "", None, None, None
    stream = openai(url).chat.completions.create(
        model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            reasoning += getattr(choice.delta, "reasoning_content", None) or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                tool = call.function.name or tool
                arguments += call.function.arguments or ""
    return words(text), words(reasoning), usage.completion_tokens, finish, tool, arguments and json.loads(arguments)


def chat_helper(url):
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    with openai(url).chat.completions.stream(
        model="m", messages=MESSAGES, tools=tools, stream_options={"include_usage": True}
    ) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or []]
    return words(choice.message.content), completion.usage.completion_tokens, choice.finish_reason, calls


def completions(url):
    text, finish, usage = "", None, None
    stream = openai(url).completions.create(
        model="m", prompt="Say something.", stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.text
            finish = choice.finish_reason or finish
    return words(text), usage.completion_tokens, finish


def responses(url):
    text, reasoning, numbers = "", "", []
    with openai(url).responses.stream(model="m", input="Say something.") as stream:
        for event in stream:
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.reasoning_summary_text.delta":
                reasoning += event.delta
        response = stream.get_final_response()
    assert response.output_text == text, (response.output_text, text)
    assert numbers == list(range(len(numbers))), numbers
    calls = [(item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"]
    usage = response.usage
    counts = (usage.output_tokens, usage.output_tokens_details.reasoning_tokens)
    return words(text), words(reasoning), counts, response.status, calls


def messages(url):
    text, thinking = "", ""
    with anthropic(url).messages.stream(model="m", max_tokens=100, messages=MESSAGES) as stream:
        for event in stream:
            if event.type == "text":
                text += event.text
            elif event.type == "thinking":
                thinking += event.thinking
        message = stream.get_final_message()
    calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    return words(text), words(thinking), message.usage.output_tokens, message.stop_reason, calls


def raw_messages(url):
    stream = anthropic(url).messages.create(model="m", max_tokens=100, messages=MESSAGES, stream=True)
    return [event.type for event in stream if event.type.startswith("message")]


PARIS = {"city": "Paris"}
check("chat", chat(PLAIN), (5, 0, 5, "stop", None, ""))
check("chat, rich", chat(RICH), (5, 3, 8, "tool_calls", "weather", PARIS))
check("chat helper", chat_helper(PLAIN), (5, 5, "stop", []))
check("chat helper, rich", chat_helper(RICH), (5, 8, "tool_calls", [("weather", PARIS)]))
check("completions", completions(PLAIN), (5, 5, "stop"))
check("completions, rich", completions(RICH), (8, 8, "stop"))
check("responses", responses(PLAIN), (5, 0, (5, 0), "completed", []))
check("responses, rich", responses(RICH), (5, 3, (8, 3), "completed", [("weather", PARIS)]))
check("messages", messages(PLAIN), (5, 0, 5, "end_turn", []))
check("messages, rich", messages(RICH), (5, 3, 8, "tool_use", [("weather", PARIS)]))
check("messages, raw", raw_messages(PLAIN), ["message_start", "message_delta", "message_stop"])
