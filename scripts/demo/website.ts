import { keccak256, toUtf8Bytes } from "ethers";
import { OffChainVerifier, type ProvingAgent } from "../../client/app/index.ts";
import { type Hex32, hex32 } from "../../client/core/index.ts";
import {
  DISCLOSE,
  OFF_CHAIN,
  type PreparedAuthorization,
  type Presentation,
  present,
  type RequestMessage,
  type Verified,
  webAudience,
} from "../../client/proof/index.ts";
import { type Chain, MIN_AGENTS } from "./chain.ts";
import type { Member } from "./owner.ts";

/** What an agent answers a request with. */
export type Answer = { readonly message: RequestMessage; readonly presentation: Presentation };

/** What pseudonyms are for, and for how many seconds after a revocation the site still accepts. */
export type Ask = { readonly scope: string; readonly window: bigint };

const DAY = 86_400n;

/** Chain time, which is this story's only clock. */
export class ChainClock {
  readonly #chain: Chain;
  #time = 0n;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  get time(): bigint {
    return this.#time;
  }

  async read(): Promise<void> {
    this.#time = await this.#chain.now();
  }
}

/** A web site that asks agents for proofs. */
export class Website {
  readonly #clock: ChainClock;
  readonly #audience: Hex32;
  readonly #verifier: OffChainVerifier;

  constructor({ registry }: Chain, clock: ChainClock, origin: string, { scope, window }: Ask) {
    this.#clock = clock;
    this.#audience = webAudience(origin);
    this.#verifier = new OffChainVerifier({
      registry,
      audience: this.#audience,
      clock: () => clock.time,
      validFor: DAY,
      terms: {
        scope: hex32(keccak256(toUtf8Bytes(scope))),
        disclose: DISCLOSE.OWNER,
        maxRevocationAge: window,
        minAgents: MIN_AGENTS,
      },
    });
  }

  async request(): Promise<RequestMessage> {
    await this.#clock.read();
    return this.#verifier.request();
  }

  /** What an agent that was asked by this site makes a presentation for. */
  context({ chainId, registry }: RequestMessage) {
    return { chainId, registry, verifier: OFF_CHAIN, audience: this.#audience };
  }

  async ask(agent: ProvingAgent): Promise<{ readonly answer: Answer; readonly anonymitySet: number }> {
    const message = await this.request();
    const { presentation, anonymitySet } = await agent.present({
      request: message.request,
      context: this.context(message),
    });
    return { answer: { message, presentation }, anonymitySet };
  }

  /** Answers with an authorization that was prepared before. */
  async answerWith(
    { record }: Member,
    { verifyingKey: key }: ProvingAgent,
    authorization: PreparedAuthorization,
  ): Promise<Answer> {
    const message = await this.request();
    const { policySecrets, secrets: agent, creator } = record;
    if (policySecrets === undefined) throw new Error("the device has no policy secrets");
    const credential = { agent, policy: policySecrets, creator };
    const context = this.context(message);
    return {
      message,
      presentation: present({ authorization, credential, request: message.request, context, key }),
    };
  }

  async judge({ message, presentation }: Answer): Promise<Verified> {
    await this.#clock.read();
    return this.#verifier.verify(message.request.challenge, presentation);
  }
}
