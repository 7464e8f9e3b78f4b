import type { AgentKey, KeyId } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { Expiry } from "./expiry.ts";
import type { OwnerCommitment, PolicyId, SecretCommitment } from "./identifiers.ts";

/** Where a leaf lies in the accumulators. */
export type LeafPlace = {
  /** The pair of trees. */
  readonly generation: number;
  /** Position in it, 0 … 2²⁴ − 1. */
  readonly index: number;
};

type Event<Type extends string, Fields> = Readonly<{ type: Type; policy: PolicyId } & Fields>;

/** What the registry reports about a policy, decoded from its logs. */
export type PolicyEvent =
  | Event<"PolicyCreated", { creator: KeyId; ownerCommitment: OwnerCommitment }>
  | Event<"AgentAdded", { agent: KeyId; key: AgentKey; epoch: number }>
  | Event<"AgentAuthorizationsChanged", { agent: KeyId; before: Authorizations; afterwards: Authorizations }>
  | Event<"AgentProvisioned", { agent: KeyId; commitment: SecretCommitment; expiry: Expiry } & LeafPlace>
  | Event<"AgentRevoked", { agent: KeyId } & LeafPlace>
  | Event<"OperationExecuted", { proposer: KeyId; lane: bigint; nonce: bigint }>;
