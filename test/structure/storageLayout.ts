import { readFileSync } from "node:fs";
import { artifacts } from "hardhat";

type Slot = {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
};

type CompilerLayout = {
  readonly storage: readonly Slot[];
  readonly types: Readonly<
    Record<string, { readonly label: string; readonly members?: readonly Slot[] }>
  > | null;
};

/** Where a contract keeps its state: `slot+offset label: type`, and the same for the members of each struct. */
export type StorageLayout = {
  readonly storage: readonly string[];
  readonly types: Readonly<Record<string, readonly string[]>>;
};

/** The compiler's storage layout of a contract, without the numbers that change with every edit of a source. */
export async function storageLayoutOf(contract: string): Promise<StorageLayout> {
  const { sourceName, buildInfoId, inputSourceName } = await artifacts.readArtifact(contract);
  const path = buildInfoId === undefined ? undefined : await artifacts.getBuildInfoOutputPath(buildInfoId);
  if (path === undefined) throw new Error(`${contract} has no build info: build first`);
  const { output } = JSON.parse(readFileSync(path, "utf8"));
  const layout: CompilerLayout = output.contracts[inputSourceName ?? sourceName][contract].storageLayout;
  const types = layout.types ?? {};
  const line = ({ slot, offset, label, type }: Slot) =>
    `${slot}+${offset} ${label}: ${types[type]?.label ?? type}`;
  const structs = Object.values(types).flatMap(({ label, members }) =>
    members === undefined ? [] : [[label, members.map(line)] as const],
  );
  return {
    storage: layout.storage.map(line),
    types: Object.fromEntries(structs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
