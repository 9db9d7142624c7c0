// Words to a code: a tokenizer of this folder, then the graph of this folder in onnxruntime-web.

import { bagOfWords } from "./bow.js";
import { wordPiece } from "./wordpiece.js";

// Gives what encodes a text into packed bytes.
export async function loadTextModel(tokenizer, graph) {
  const [settings, session] = await Promise.all([fetchJson(tokenizer), loadGraph(graph)]);
  const inputs = settings.kind === "bow" ? bagInputs(bagOfWords(settings)) : tokenInputs(wordPiece(settings));
  return async (text) => {
    const { Tensor } = await import("./runtime/ort.js");
    const { codes } = await session.run(inputs(text, Tensor), ["codes"]);
    return codes.data;
  };
}

function bagInputs(features) {
  return (text, Tensor) => {
    const row = features(text);
    return { features: new Tensor("float32", row, [1, row.length]) };
  };
}

function tokenInputs(tokens) {
  return (text, Tensor) => {
    const ids = tokens(text);
    const row = (values) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, ids.length]);
    return { input_ids: row(ids), attention_mask: row(ids.map(() => 1)) };
  };
}

async function loadGraph(path) {
  const { env, InferenceSession } = await import("./runtime/ort.js");
  env.wasm.numThreads = 1; // more need headers that a plain server does not send
  env.wasm.wasmPaths = { wasm: new URL("./runtime/ort.wasm", import.meta.url).href };
  return InferenceSession.create(path, { executionProviders: ["wasm"] });
}

async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} is missing (status ${response.status}).`);
  return response.json();
}
