/** One member of an EIP-712 struct. */
export type Field = { readonly name: string; readonly type: string };

/** `"uint256 policy,uint32 epoch"` as fields. */
export function fields(signature: string): Field[] {
  return signature.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}

/** The structs inside of what is signed, member for member as the registry has them. */
export const AGENT_CHANGE_FIELDS = fields(
  "uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry",
);
export const AGENT_REVOCATION_FIELDS = fields("bytes32 agent,uint8 authorizations");
export const AGENT_POWER_FIELDS = fields("uint8 kind,bytes key,uint8 authorizations");
export const POLICY_SETTINGS_FIELDS = fields(
  "uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,bytes32 rootCommitment",
);
export const TRUSTEE_SETTINGS_FIELDS = fields(
  "bytes32 root,uint8 shareCount,uint8 shareQuorum,uint8 revokeCount,uint8 revokeQuorum,uint8 provisionCount,uint8 provisionQuorum,uint8 adminCount,uint8 adminQuorum,uint32 delay,uint32 window,bytes32 shareSet",
);
