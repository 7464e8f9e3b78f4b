import { Interface, type InterfaceAbi } from "ethers";

/** A contract interface and the constant that is to hold its ABI. */
export type AbiSource = { readonly constant: string; readonly contract: string; readonly abi: InterfaceAbi };

/** `AgentPolicyLastAdmin` as `AGENT_POLICY_LAST_ADMIN`. */
export function errorCodeOf(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
}

/** The TypeScript of `client/chain/generated/abi.ts`. */
export function renderAbi(sources: readonly AbiSource[]): string {
  const interfaces = sources.map(({ constant, contract, abi }) => ({
    constant,
    contract,
    parsed: new Interface(abi),
  }));
  const errors = new Set<string>();
  for (const { parsed } of interfaces) parsed.forEachError(({ name }) => errors.add(name));
  const blocks = interfaces.map(
    ({ constant, contract, parsed }) =>
      `/** The ABI of ${contract}. */\nexport const ${constant}: readonly string[] = [\n${parsed
        .format()
        .map((line) => `  ${JSON.stringify(line)},\n`)
        .join("")}];\n`,
  );
  const codes = [...errors].sort().map((name) => `  ${name}: "${errorCodeOf(name)}",\n`);
  return [
    "// Written by scripts/client/abi.ts from the compiled interfaces; do not edit.\n",
    ...blocks,
    `/** All of them. */\nexport const CONTRACT_INTERFACES = [\n${interfaces.map(({ constant }) => `  ${constant},\n`).join("")}];\n`,
    "/** The code of each custom error that a contract throws. */",
    `export const CONTRACT_ERROR_CODES = {\n${codes.join("")}} as const;\n`,
  ].join("\n");
}
