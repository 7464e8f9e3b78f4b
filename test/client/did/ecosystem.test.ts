import { ed25519 } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import { createJWT, EdDSASigner, ES256KSigner, ES256Signer, type Signer, verifyJWT } from "did-jwt";
import { Resolver as Resolver6 } from "did-resolver";
import { Resolver as Resolver5 } from "did-resolver-5";
import { network } from "hardhat";
import {
  type DidResolverConfig,
  deactivateDid,
  didKey,
  didKeyIdOf,
  EMPTY_STATE,
  getResolver,
  KEY_CODECS,
  revokeKey,
  updateDid,
} from "../../../client/did/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, KEYS, seedOf } from "./fixture.ts";

describe("did:dkms in npm's ecosystem", () => {
  let fixture: DidFixture;

  before(async () => {
    fixture = await didFixture(await network.create());
  });

  const config = (options: Partial<DidResolverConfig> = {}): DidResolverConfig => ({
    networks: [fixture.network],
    ...options,
  });

  for (const [version, create] of [
    ["5", () => new Resolver5(getResolver(config()))],
    ["6", () => new Resolver6(getResolver(config()))],
  ] as const) {
    describe(`did-resolver ${version}`, () => {
      it("resolves a DID", async () => {
        const { did } = await fixture.create();
        const { didDocument, didResolutionMetadata } = await create().resolve(did);
        expect(didDocument?.id).to.equal(did);
        expect(didDocument?.verificationMethod).to.have.length(4);
        expect(didResolutionMetadata.contentType).to.equal("application/did+ld+json");
      });

      it("hands over the parameters of the URL, and the options", async () => {
        const { did } = await fixture.create();
        await fixture.execute(
          updateDid(await fixture.record(did), { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
        );
        const inUrl = await create().resolve(`${did}?versionId=1`);
        expect(inUrl.didDocumentMetadata.nextVersionId).to.equal("2");
        const inOptions = await create().resolve(did, { versionId: "1" });
        expect(inOptions.didDocument).to.deep.equal(inUrl.didDocument);
      });

      it("gets keywords for errors", async () => {
        const { did } = await fixture.create();
        const keyword = async (url: string) => (await create().resolve(url)).didResolutionMetadata.error;
        expect(await keyword(`${did}?versionId=banana`)).to.equal("invalidOptions");
        expect(await keyword(`${did}?versionId=1&versionId=1`)).to.equal("invalidDidUrl");
        expect(await keyword(did.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")))).to.equal("notFound");
        expect(await keyword("did:dkms:31337:xyz")).to.equal("invalidDid");
      });
    });
  }

  describe("did-jwt", () => {
    const signers: readonly (readonly [string, Signer, string])[] = [
      ["EdDSA", EdDSASigner(seedOf("ed25519")), "ed25519"],
      ["ES256K", ES256KSigner(seedOf("secp256k1")), "secp256k1"],
      ["ES256", ES256Signer(seedOf("p256")), "p256"],
    ];
    for (const keyFormat of ["Multikey", "JsonWebKey"] as const) {
      for (const [alg, signer] of signers) {
        it(`verifies ${alg} by a ${keyFormat}`, async () => {
          const { did } = await fixture.create();
          const jwt = await createJWT({ aud: did, name: "Alice" }, { issuer: did, signer, alg });
          const resolver = new Resolver6(getResolver(config({ keyFormat })));
          const { verified, payload } = await verifyJWT(jwt, { resolver, audience: did });
          expect(verified).to.equal(true);
          expect(payload.name).to.equal("Alice");
        });
      }
    }

    const rejection = async (did: string, options: object = {}) => {
      const jwt = await createJWT({}, { issuer: did, signer: EdDSASigner(seedOf("ed25519")), alg: "EdDSA" });
      const resolver = new Resolver6(getResolver(config()));
      return verifyJWT(jwt, { resolver, ...options }).then(
        () => undefined,
        (error: unknown) => String(error),
      );
    };

    it("refuses a key that was revoked", async () => {
      const { did } = await fixture.create();
      expect(await rejection(did)).to.equal(undefined);
      const record = await fixture.record(did);
      const state = revokeKey(record.state, didKeyIdOf(KEYS.ed25519));
      await fixture.execute(updateDid(record, { state, deadline: FAR_DEADLINE }));
      expect(await rejection(did)).to.match(/invalid_signature: no matching/);
    });

    it("refuses a DID that has ended", async () => {
      const { did } = await fixture.create();
      await fixture.execute(deactivateDid(await fixture.record(did), { deadline: FAR_DEADLINE }));
      expect(await rejection(did)).to.match(/public keys/);
    });

    it("refuses an assertion by a key that is for authentication only, though no key asserts", async () => {
      const login = didKey({
        codec: KEY_CODECS.ED25519,
        publicKey: ed25519.getPublicKey(seedOf("ed25519")),
        relationships: ["authentication"],
      });
      const { did } = await fixture.create({ ...EMPTY_STATE, keys: [login] });
      expect(await rejection(did, { proofPurpose: "authentication" })).to.equal(undefined);
      expect(await rejection(did, { proofPurpose: "assertionMethod" })).to.match(/assertionMethod purpose/);
    });
  });
});
