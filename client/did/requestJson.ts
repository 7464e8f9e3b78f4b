import { type Hex, type Hex32, hex, hex20, hex32 } from "../core/index.ts";
import { decodeControllers, encodeControllers } from "./controllers.ts";
import { DidError } from "./errors.ts";
import { didId } from "./identifier.ts";
import type { DidControl, DidOperation, DidRequest } from "./operations.ts";

const FORMAT = "dkms-did-request-1";

type Members = Readonly<Record<string, unknown>>;

/** An operation as text, for whoever signs or relays it elsewhere. It holds nothing secret but what it publishes. */
export function encodeDidRequest(request: DidRequest): string {
  const { approvers, ...rest } = request;
  const members = { format: FORMAT, ...rest, approvers: encodeControllers(approvers) };
  return JSON.stringify(members, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/**
 * Reads such text again. Whoever is to approve it should look at `operation` first: this checks its form alone.
 *
 * @throws {DidError} REQUEST_MALFORMED
 */
export function decodeDidRequest(text: string): DidRequest {
  try {
    const members = object(JSON.parse(text));
    if (members.format !== FORMAT) throw new RangeError(`the format is ${FORMAT}`);
    const reveal = object(members.reveal);
    return {
      chainId: integer(members.chainId),
      registry: hex20(string(members.registry)),
      operation: operation(object(members.operation)),
      current: members.current === undefined ? undefined : control(object(members.current)),
      reveal: { controllers: bytes(reveal.controllers), salt: word(reveal.salt) },
      approvers: decodeControllers(bytes(members.approvers)),
    };
  } catch (cause) {
    throw new DidError("REQUEST_MALFORMED", "this is no operation of a DID registry", { cause });
  }
}

function operation(members: Members): DidOperation {
  const common = { did: didId(string(members.did)), deadline: integer(members.deadline) };
  const versioned = () => ({ ...common, version: Number(integer(members.version)) });
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

function bytes(value: unknown): Hex {
  return hex(string(value));
}

function word(value: unknown): Hex32 {
  return hex32(string(value));
}
