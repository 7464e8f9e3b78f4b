import {
  createPolicy,
  DISCLOSE,
  draftPolicy,
  generateLinkSecret,
  hex32,
  makeRootKit,
  OffChainVerifier,
  ProvingAgent,
  webAudience,
} from "../client/index.ts";
import type { World } from "./world.ts";

/** An owner's phone proves to a shop that some owner authorized it, and shows a pseudonym of that owner. */
export async function quickstart({ registry, sender, prover, newDevice, settled, clock }: World) {
  // README begins
  // The owner's phone makes a policy. Print rootKitPage(rootKit), keep it offline: it wins the policy back from a thief.
  const signer = newDevice();
  const rootKit = await makeRootKit();
  // The record holds the secrets: save it before anything is sent.
  const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
  await createPolicy({ registry, signer, sender, record, rootSet: rootKit.rootSet });
  await settled();

  // A shop wants to see an authorized agent, and a pseudonym of its owner that no other shop sees.
  const audience = webAudience("https://shop.example");
  const scope = hex32(`0x${"01".repeat(32)}`);
  const terms = { scope, disclose: DISCLOSE.OWNER, maxRevocationAge: 3600n, minAgents: 1n };
  const shop = new OffChainVerifier({ registry, audience, terms, clock });
  const { request, ...place } = shop.request();

  // The phone answers. It takes the audience from its own connection, never from the request.
  const phone = new ProvingAgent({ registry, record, prover });
  const { presentation, anonymitySet } = await phone.present({ request, context: { ...place, audience } });
  phone.stop();

  // The shop learns the pseudonym, and that nobody has revoked the agent. Not which agent, owner or policy it is.
  const { owner } = await shop.verify(request.challenge, presentation);
  console.log(`authorized, one of ${anonymitySet}; known here as ${owner}`);
  // README ends
  return { owner, anonymitySet };
}
