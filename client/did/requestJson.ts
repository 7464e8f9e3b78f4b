import { type Hex, type Hex32, hex, hex20, hex32 } from "../core/index.ts";
import { decodeControllers } from "./controllers.ts";
import { DidError } from "./errors.ts";
import { didId } from "./identifier.ts";
import type { DidControl, DidOperation, DidRequest, DidReveal } from "./operations.ts";

const FORMAT = "dkms-did-request-1";

type Members = Readonly<Record<string, unknown>>;

/** An operation as text, for whoever signs or relays it elsewhere. It holds nothing secret but what it publishes. */
export function encodeDidRequest(request: DidRequest): string {
  const { approvers: _, ...rest } = request;
  const members = { format: FORMAT, ...rest };
  return JSON.stringify(members, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/**
 * Reads such text again. It checks the form alone: whoever is to approve it should look at `operation` first, and see
 * that its `previous` is the `commitment` of his own `readRecord`.
 *
 * @throws {DidError} REQUEST_MALFORMED
 */
export function decodeDidRequest(text: string): DidRequest {
  try {
    const members = object(JSON.parse(text));
    if (members.format !== FORMAT) throw new RangeError(`the format is ${FORMAT}`);
    const opened = {
      operation: operation(object(members.operation)),
      current: members.current === undefined ? undefined : control(object(members.current)),
      reveal: members.reveal === undefined ? undefined : revealed(object(members.reveal)),
    };
    return {
      chainId: unsigned(members.chainId, 256n),
      registry: hex20(string(members.registry)),
      ...opened,
      approvers: decodeControllers(approversOf(opened)),
    };
  } catch (cause) {
    throw new DidError("REQUEST_MALFORMED", "this is no operation of a DID registry", { cause });
  }
}

/** Those who approve follow from what is opened, so that no text can name others. */
function approversOf(opened: Pick<DidRequest, "operation" | "current" | "reveal">): Hex {
  const { operation, current, reveal } = opened;
  const openings = (current === undefined ? 0 : 1) + (reveal === undefined ? 0 : 1);
  if (openings !== (operation.action === "DidCreation" ? 0 : 1))
    throw new RangeError("a creation opens nothing, a change one thing");
  if (operation.action === "DidCreation") return operation.controllers;
  if (current !== undefined) return current.controllers;
  if (reveal === undefined || operation.action === "DidUpdate")
    throw new RangeError("an update reveals nothing");
  if (operation.action === "DidRotation" && operation.controllers !== reveal.controllers)
    throw new RangeError("a rotation is to the controllers revealed");
  return reveal.controllers;
}

function operation(members: Members): DidOperation {
  const common = { did: didId(string(members.did)), deadline: unsigned(members.deadline, 64n) };
  const versioned = () => ({
    ...common,
    version: Number(unsigned(members.version, 32n)),
    previous: word(members.previous),
  });
  const controlled = () => ({ controllers: bytes(members.controllers), next: word(members.next) });
  const state = () => ({ state: bytes(members.state) });
  const action = members.action;
  switch (action) {
    case "DidCreation":
      return { action, ...common, ...controlled(), salt: word(members.salt), ...state() };
    case "DidUpdate":
      return { action, ...versioned(), ...state() };
    case "DidRotation":
      return { action, ...versioned(), ...controlled(), ...state() };
    case "DidDeactivation":
      return { action, ...versioned() };
    default:
      throw new RangeError("unknown action");
  }
}

function control(members: Members): DidControl {
  return {
    previous: word(members.previous),
    controllers: bytes(members.controllers),
    next: word(members.next),
    stateHash: word(members.stateHash),
  };
}

function revealed(members: Members): DidReveal {
  return { controllers: bytes(members.controllers), salt: word(members.salt) };
}

function object(value: unknown): Members {
  if (typeof value !== "object" || value === null) throw new TypeError("expected an object");
  return value as Members;
}

function string(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("expected text");
  return value;
}

function integer(value: unknown): bigint {
  const digits = typeof value === "number" ? String(value) : string(value);
  if (!/^(?:0|[1-9][0-9]{0,77})$/.test(digits)) throw new RangeError("expected a whole number");
  return BigInt(digits);
}

function unsigned(value: unknown, bits: bigint): bigint {
  const number = integer(value);
  if (number >> bits !== 0n) throw new RangeError(`expected at most ${bits} bits`);
  return number;
}

function bytes(value: unknown): Hex {
  return hex(string(value));
}

function word(value: unknown): Hex32 {
  return hex32(string(value));
}
