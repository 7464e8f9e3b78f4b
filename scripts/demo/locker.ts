import { keccak256, toUtf8Bytes } from "ethers";
import { type AgentProof, type ProvingAgent, proveToContract } from "../../client/app/index.ts";
import type { RegistryCall } from "../../client/chain/index.ts";
import { hex, hex20, hex32 } from "../../client/core/index.ts";
import type { Chain } from "./chain.ts";

const LOCKER = 7n;
const CONTENT = keccak256(toUtf8Bytes("umbrella"));
const VALID_FOR = 3600n;

/** What an agent sends along to put something into the example dapp's locker. */
export async function proveToLocker(chain: Chain, agent: ProvingAgent): Promise<AgentProof> {
  const { lockers, relayer } = chain;
  const put = lockers.interface.getFunction("put");
  if (put === null) throw new Error("the locker dapp has no function put");
  const argumentsHash = keccak256(
    lockers.interface.getAbiCoder().encode(["uint256", "bytes32"], [LOCKER, CONTENT]),
  );
  return proveToContract(agent, {
    action: {
      contract: hex20(await lockers.getAddress()),
      selector: hex(put.selector),
      argumentsHash: hex32(argumentsHash),
      actor: hex20(await relayer.getAddress()),
    },
    terms: {
      scope: hex32(await lockers.getFunction("SCOPE")()),
      disclose: Number(await lockers.getFunction("DISCLOSE")()),
      maxRevocationAge: await lockers.getFunction("MAX_REVOCATION_AGE")(),
      minAgents: await lockers.getFunction("MIN_AGENTS")(),
    },
    expiresAt: (await chain.now()) + VALID_FOR,
  });
}

/** The call that puts it in. */
export function lockerCall({ lockers }: Chain, proof: AgentProof): RegistryCall {
  const data = hex(lockers.interface.encodeFunctionData("put", [LOCKER, CONTENT, proof]));
  return { to: lockers.target.toString(), data };
}
