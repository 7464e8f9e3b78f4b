import { DidError } from "../did/index.ts";
import { boundedText } from "./boundedText.ts";

/** Port to a node's JSON-RPC; what an EIP-1193 provider offers, and ethers' `send`. */
export interface JsonRpc {
  /** @throws {DidError} NODE_FAILED, NODE_LIMIT_EXCEEDED, NODE_RATE_LIMITED, NODE_TIMEOUT, LOGS_PRUNED, BLOCK_NOT_FOUND */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
}

export type HttpJsonRpcOptions = {
  /** 10,000 by default. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the platform's `fetch`, such as by one that goes through a proxy. */
  readonly fetch?: typeof fetch;
};

const DEFAULT_TIMEOUT_MS = 10_000;
/** A reply longer than this is no honest one: the longest are logs of past versions, below 20 KB each. */
const MAX_REPLY_LENGTH = 64 * 1024 * 1024;
/** EIP-4444: history that the node does not keep. */
const PRUNED = 4444;
/** EIP-1474. Nodes send the second one both for requests that are too large and for too many of them. */
const RESOURCE_NOT_FOUND = -32001;
const LIMIT_EXCEEDED = -32005;

/**
 * JSON-RPC over HTTP, one request per call, never repeated. Errors say neither URL nor headers, in which people keep
 * secrets.
 */
export function httpJsonRpc(url: string, options: HttpJsonRpcOptions = {}): JsonRpc {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, headers = {} } = options;
  let id = 0;
  return {
    async request(method, params) {
      id += 1;
      const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      const text = await post(url, { body, headers, timeoutMs, fetch: options.fetch ?? fetch });
      return resultOf(parse(text), id);
    },
  };
}

/** JSON-RPC through anything with ethers' `send`, such as its providers; they may ask more of the node than is asked. */
export function providerJsonRpc(provider: {
  send(method: string, params: unknown[]): Promise<unknown>;
}): JsonRpc {
  return {
    async request(method, params) {
      try {
        return await provider.send(method, [...params]);
      } catch (error) {
        throw nodeError(innermost(error));
      }
    },
  };
}

type Post = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
};

async function post(url: string, { body, headers, timeoutMs, fetch }: Post): Promise<string> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 429) throw rateLimited();
    const text = await boundedText(response, MAX_REPLY_LENGTH);
    if (text === undefined) throw failed("the node's reply is too long");
    // Nodes send errors of JSON-RPC with any status; a status alone says little.
    if (!response.ok && !text.startsWith("{"))
      throw failed(`the node answered with HTTP status ${response.status}`);
    return text;
  } catch (error) {
    if (error instanceof DidError) throw error;
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw new DidError("NODE_TIMEOUT", `the node did not answer within ${timeoutMs} ms`);
    }
    throw failed("the node cannot be reached");
  }
}

type Reply = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown };

function parse(text: string): Reply {
  try {
    const reply: unknown = JSON.parse(text);
    if (typeof reply === "object" && reply !== null) return reply;
  } catch {
    // Said below.
  }
  throw failed("the node's reply is not JSON-RPC");
}

function resultOf(reply: Reply, id: number): unknown {
  if (reply.error !== undefined && reply.error !== null) throw nodeError(reply.error);
  if (reply.id !== id || reply.result === undefined) throw failed("the node's reply is not to this request");
  return reply.result;
}

/** The typed error of a node's error object. */
function nodeError(error: unknown): DidError {
  if (error instanceof DidError) return error;
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  const text = typeof message === "string" ? message.slice(0, 200) : "no message";
  if (code === PRUNED || /pruned|history (?:is )?(?:not available|unavailable)/i.test(text)) {
    return new DidError("LOGS_PRUNED", "the node does not keep blocks this old", { details: { code } });
  }
  if (code === 429 || /too many requests|rate.?limit|(?:rate|count) exceeded|per second|daily/i.test(text))
    return rateLimited();
  if (code === LIMIT_EXCEEDED) {
    return new DidError("NODE_LIMIT_EXCEEDED", "the request exceeds the node's limits", {
      details: { code },
    });
  }
  if (
    code === RESOURCE_NOT_FOUND ||
    /(?:header|block) not found|unknown block|missing trie node|state (?:is )?(?:not available|unavailable)/i.test(
      text,
    )
  ) {
    return new DidError("BLOCK_NOT_FOUND", "the node does not have this block", { details: { code } });
  }
  if (code === "TIMEOUT") return new DidError("NODE_TIMEOUT", "the node did not answer in time");
  return new DidError("NODE_FAILED", `the node answered with an error: ${text}`, { details: { code } });
}

/** ethers wraps a node's error object. */
function innermost(error: unknown): unknown {
  const wrapped = (error ?? {}) as { readonly error?: unknown; readonly info?: { readonly error?: unknown } };
  const status = (error as { readonly response?: { readonly statusCode?: number } } | undefined)?.response
    ?.statusCode;
  if (status === 429) return { code: 429 };
  return wrapped.info?.error ?? wrapped.error ?? error;
}

function rateLimited(): DidError {
  return new DidError("NODE_RATE_LIMITED", "the node wants fewer requests");
}

function failed(message: string): DidError {
  return new DidError("NODE_FAILED", message);
}
