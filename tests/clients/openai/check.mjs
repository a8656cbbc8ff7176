// The official client against /v1: every call a user would make, plain and streamed. Run by run.py; the address and the model
// come as arguments.
import assert from "node:assert/strict";
import OpenAI from "openai";

const [address, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "anything", maxRetries: 0 });

// models
const listed = [];
for await (const entry of client.models.list()) listed.push(entry.id);
assert.ok(listed.includes(model), `${model} is not among ${listed}`);
const checkpoint = listed.find((id) => id.startsWith(`${model}/step-`));
assert.ok(checkpoint, "a checkpoint is a model too");
assert.equal((await client.models.retrieve(model)).object, "model");

// completions
const ask = { model, prompt: "the cat", max_tokens: 12, temperature: 0.7, seed: 1 };
let plain = await client.completions.create(ask);
while (plain.choices[0].finish_reason !== "length" && ask.seed < 50) {  // a seed whose text does not end by itself
  ask.seed += 1;
  plain = await client.completions.create(ask);
}
assert.equal(plain.object, "text_completion");
assert.equal(plain.choices[0].finish_reason, "length");
assert.equal(plain.usage.completion_tokens, 12);
assert.equal(plain.usage.total_tokens, plain.usage.prompt_tokens + 12);
assert.equal((await client.completions.create(ask)).choices[0].text, plain.choices[0].text, "the same seed, the same text");
let streamed = "", usage = null, ended = null;
for await (const chunk of await client.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })) {
  if (chunk.choices.length > 0) {
    streamed += chunk.choices[0].text;
    ended = chunk.choices[0].finish_reason ?? ended;
  } else {
    usage = chunk.usage;
  }
}
assert.equal(streamed, plain.choices[0].text, "streamed or not, the same text");
assert.equal(ended, "length");
assert.equal(usage.completion_tokens, 12);
const several = await client.completions.create({ ...ask, model: checkpoint, prompt: ["the cat", "the dog"], n: 2, echo: true, logprobs: 3 });
assert.equal(several.choices.length, 4);
assert.deepEqual(several.choices.map((choice) => choice.index), [0, 1, 2, 3]);
assert.ok(several.choices[2].text.startsWith("the dog"));
for (const choice of several.choices) assert.ok(choice.logprobs.tokens.length <= 12);
assert.equal(several.choices[0].logprobs.tokens.length, several.choices[0].logprobs.token_logprobs.length);
assert.equal(Object.keys(several.choices[0].logprobs.top_logprobs[0]).length, 3);
const stop = plain.choices[0].text[4];
const stopped = await client.completions.create({ ...ask, stop });
assert.equal(stopped.choices[0].text, plain.choices[0].text.split(stop)[0]);
assert.equal(stopped.choices[0].finish_reason, "stop");
const ids = await client.completions.create({ model, prompt: [1, 2, 3], max_tokens: 2 });
assert.equal(ids.usage.prompt_tokens, 3);

// chat
const messages = [{ role: "system", content: "You tell of animals." }, { role: "user", content: [{ type: "text", text: "the cat" }] }];
const talk = { model, messages, max_completion_tokens: 10, temperature: 0.7, seed: 6 };
const chat = await client.chat.completions.create(talk);
assert.equal(chat.object, "chat.completion");
assert.equal(chat.choices[0].message.role, "assistant");
let deltas = "", roles = [];
for await (const chunk of await client.chat.completions.create({ ...talk, stream: true })) {
  assert.equal(chunk.object, "chat.completion.chunk");
  deltas += chunk.choices[0].delta.content ?? "";
  if (chunk.choices[0].delta.role) roles.push(chunk.choices[0].delta.role);
}
assert.equal(deltas, chat.choices[0].message.content);
assert.deepEqual(roles, ["assistant"]);
const final = await client.chat.completions.stream(talk).finalChatCompletion();
assert.equal(final.choices[0].message.content, chat.choices[0].message.content);
const logs = await client.chat.completions.create({ ...talk, logprobs: true, top_logprobs: 2 });
assert.equal(logs.choices[0].logprobs.content[0].top_logprobs.length, 2);

// errors
await assert.rejects(client.completions.create({ ...ask, model: "nobody" }), (error) => {
  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.equal(error.code, "model_not_found");
  return true;
});
await assert.rejects(client.models.retrieve("nobody"), OpenAI.NotFoundError);
await assert.rejects(client.completions.create({ ...ask, temperature: 9 }), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.type, "invalid_request_error");
  return true;
});
await assert.rejects(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError);

// a stream that is left alone
const left = await client.completions.create({ ...ask, max_tokens: 2000, stream: true });
for await (const chunk of left) {
  assert.ok(chunk);
  break;
}
const begin = performance.now();
await client.completions.create({ ...ask, max_tokens: 1 });
assert.ok(performance.now() - begin < 5000, "the generation goes on though nobody reads it");
console.log("the official client is content");
