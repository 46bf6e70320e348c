// Reads the mock server's streams with the official JavaScript SDKs; see run.sh.
//
// The first server sends five words. The second sends three words of reasoning, five words and a call of the tool `weather`.

import assert from "node:assert";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [plain, rich] = process.argv.slice(2);
const messages = [{ role: "user", content: "Say something." }];
const openai = (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
const anthropic = (url) => new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0 });
const words = (text) => text.split(/\s+/).filter(Boolean).length;

function check(name, got, expected) {
    assert.deepStrictEqual(got, expected, name);
    console.log(`ok   ${name}: ${JSON.stringify(got)}`);
}

async function chat(url) {
    let [text, reasoning, args, tool, finish, usage] = ["", "", "", null, null, null];
    const stream = await openai(url).chat.completions.create({
        model: "m", messages, stream: true, stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
        usage = chunk.usage ?? usage;
        for (const { delta, finish_reason } of chunk.choices) {
            text += delta.content ?? "";
            reasoning += delta.reasoning_content ?? "";
            finish = finish_reason ?? finish;
            for (const call of delta.tool_calls ?? []) {
                tool = call.function.name ?? tool;
                args += call.function.arguments ?? "";
            }
        }
    }
    return [words(text), words(reasoning), usage.completion_tokens, finish, tool, args && JSON.parse(args)];
}

async function chatHelper(url) {
    const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
    const stream = openai(url).chat.completions.stream({
        model: "m", messages, tools, stream_options: { include_usage: true },
    });
    const { choices: [choice], usage } = await stream.finalChatCompletion();
    const calls = (choice.message.tool_calls ?? []).map((call) => [call.function.name, JSON.parse(call.function.arguments)]);
    return [words(choice.message.content), usage.completion_tokens, choice.finish_reason, calls];
}

async function completions(url) {
    let [text, finish, usage] = ["", null, null];
    const stream = await openai(url).completions.create({
        model: "m", prompt: "Say something.", stream: true, stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
        usage = chunk.usage ?? usage;
        for (const choice of chunk.choices) {
            text += choice.text;
            finish = choice.finish_reason ?? finish;
        }
    }
    return [words(text), usage.completion_tokens, finish];
}

async function responses(url) {
    let [text, reasoning] = ["", ""];
    const stream = openai(url).responses.stream({ model: "m", input: "Say something." });
    for await (const event of stream) {
        if (event.type === "response.output_text.delta") text += event.delta;
        if (event.type === "response.reasoning_summary_text.delta") reasoning += event.delta;
    }
    const response = await stream.finalResponse();
    assert.strictEqual(response.output_text, text);
    const calls = response.output.filter((item) => item.type === "function_call");
    const { output_tokens, output_tokens_details: { reasoning_tokens } } = response.usage;
    return [
        words(text), words(reasoning), [output_tokens, reasoning_tokens], response.status,
        calls.map((item) => [item.name, JSON.parse(item.arguments)]),
    ];
}

async function anthropicMessages(url) {
    let [text, thinking] = ["", ""];
    const stream = anthropic(url).messages.stream({ model: "m", max_tokens: 100, messages });
    stream.on("text", (delta) => (text += delta)).on("thinking", (delta) => (thinking += delta));
    const message = await stream.finalMessage();
    const calls = message.content.filter((block) => block.type === "tool_use").map((block) => [block.name, block.input]);
    return [words(text), words(thinking), message.usage.output_tokens, message.stop_reason, calls];
}

const paris = { city: "Paris" };
check("chat", await chat(plain), [5, 0, 5, "stop", null, ""]);
check("chat, rich", await chat(rich), [5, 3, 8, "tool_calls", "weather", paris]);
check("chat helper", await chatHelper(plain), [5, 5, "stop", []]);
check("chat helper, rich", await chatHelper(rich), [5, 8, "tool_calls", [["weather", paris]]]);
check("completions", await completions(plain), [5, 5, "stop"]);
check("completions, rich", await completions(rich), [8, 8, "stop"]);
check("responses", await responses(plain), [5, 0, [5, 0], "completed", []]);
check("responses, rich", await responses(rich), [5, 3, [8, 3], "completed", [["weather", paris]]]);
check("messages", await anthropicMessages(plain), [5, 0, 5, "end_turn", []]);
check("messages, rich", await anthropicMessages(rich), [5, 3, 8, "tool_use", [["weather", paris]]]);
