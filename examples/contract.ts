import type { InterfaceAbi } from "ethers";
import {
  agentAction,
  createPolicy,
  draftPolicy,
  generateLinkSecret,
  hex32,
  makeRootKit,
  ProvingAgent,
  proveToContract,
  readHead,
} from "../client/index.ts";
import type { World } from "./world.ts";

/** The contract of the example, `contracts/examples/Lockers.sol`. */
export type Lockers = {
  readonly address: string;
  readonly abi: InterfaceAbi;
  readonly minAgents: bigint;
  readonly scope: string;
};

/** A phone puts something into a locker that opens to any device of its owner; nobody learns who that is. */
export async function contract({ registry, sender, prover, newDevice, settled }: World, lockers: Lockers) {
  const signer = newDevice();
  const rootKit = await makeRootKit();
  const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
  await createPolicy({ registry, signer, sender, record, rootSet: rootKit.rootSet });
  await settled();

  // The proof is for this call by this sender, once.
  const content = hex32(`0x${"c0".repeat(32)}`);
  const { address, abi } = lockers;
  const actor = await sender.getAddress();
  const action = agentAction({ contract: address, abi, method: "put", args: [7n, content], actor });
  const terms = {
    ...{ scope: hex32(lockers.scope), disclose: 1, maxRevocationAge: 300n, minAgents: lockers.minAgents },
  };
  const phone = new ProvingAgent({ registry, record, prover });
  const expiresAt = (await readHead(registry)).time + 300n;
  const proof = await proveToContract(phone, { action, terms, expiresAt });
  phone.stop();
  return sender.sendTransaction(action.call(proof));
}
