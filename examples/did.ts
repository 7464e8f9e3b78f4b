/**
 * A DID from its creation to its end: four keys, one of them rotated, resolved now and as it was, a JWT verified by
 * npm's did-jwt, and deactivated at last. Runs on a chain of its own: npx hardhat run examples/did.ts
 */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { createJWT, EdDSASigner, verifyJWT } from "did-jwt";
import { Resolver } from "did-resolver";
import { hexlify, randomBytes } from "ethers";
import { network } from "hardhat";
import { didCall, executeDid, providerJsonRpc, rpcNetwork } from "../client/chain/index.ts";
import { hex32 } from "../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  createDid,
  type DidRequest,
  deactivateDid,
  didKey,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  formatDid,
  getResolver,
  KEY_CODECS,
  readRecord,
  rotateKey,
  updateDid,
} from "../client/did/index.ts";
import didRegistryModule from "../deploy/modules/DidRegistry.ts";

// A chain with the registry on it; on a public one: httpJsonRpc(url) and the registry's address.
const { ethers, ignition, networkHelpers } = await network.create();
const [alice, relayer] = await ethers.getSigners();
if (alice === undefined || relayer === undefined) throw new Error("the chain has no accounts");
const registry = await (await ignition.deploy(didRegistryModule)).registry.getAddress();
const { chainId } = await ethers.provider.getNetwork();
const dids = rpcNetwork({ chainId, registry, rpc: providerJsonRpc(ethers.provider) });

// Alice signs, somebody else pays.
const deadline = BigInt(await networkHelpers.time.latest()) + 3600n;
const execute = async (request: DidRequest) =>
  executeDid(relayer, didCall(request, [await approveDid(alice, request)]));

// Four keys, each made where it is used; the registry gets the public halves.
const login = ed25519.keygen();
const keys = [
  didKey({
    codec: KEY_CODECS.ED25519,
    publicKey: login.publicKey,
    relationships: ["authentication", "assertionMethod"],
  }),
  didKey({
    codec: KEY_CODECS.X25519,
    publicKey: x25519.keygen().publicKey,
    relationships: ["keyAgreement"],
  }),
  didKey({
    codec: KEY_CODECS.SECP256K1,
    publicKey: secp256k1.keygen().publicKey,
    relationships: ["capabilityInvocation"],
  }),
  didKey({ codec: KEY_CODECS.P256, publicKey: p256.keygen().publicKey, relationships: ["authentication"] }),
] as const;

const creation = createDid({
  chainId,
  registry,
  controllers: accountControllers([alice.address]),
  state: { ...EMPTY_STATE, keys },
  salt: hex32(hexlify(randomBytes(32))),
  deadline,
});
const { gasUsed } = await execute(creation);
const did = formatDid(chainId, creation.operation.did);
console.log(`created      ${did} with ${keys.length} keys for ${gasUsed} gas`);

// Her phone is replaced: one key in another's place, for as long as a year.
const phone = ed25519.keygen();
const record = await readRecord(dids, did);
const rotated = rotateKey(
  record.state,
  didKeyIdOf(keys[0]),
  didKey({
    codec: KEY_CODECS.ED25519,
    publicKey: phone.publicKey,
    relationships: ["authentication", "assertionMethod"],
    expiry: BigInt(await networkHelpers.time.latest()) + 31_536_000n,
  }),
);
await execute(updateDid(record, { state: rotated, deadline }));

const resolver = didResolver({ networks: [dids] });
const now = await resolver.resolve(did);
const past = await resolver.resolve(did, { versionId: "1" });
const has = (result: typeof now, key: (typeof keys)[0]) =>
  result.didDocument?.verificationMethod?.some(({ id }) => id.endsWith(didKeyIdOf(key).slice(2))) ?? false;
console.log(`version ${now.didDocumentMetadata.versionId}    shows the first key: ${has(now, keys[0])}`);
console.log(`version ${past.didDocumentMetadata.versionId}    shows the first key: ${has(past, keys[0])}`);

// Others verify what she signs with what they have.
const jwt = await createJWT(
  { hello: "world" },
  { issuer: did, signer: EdDSASigner(phone.secretKey), alg: "EdDSA" },
);
const verifier = new Resolver(getResolver({ networks: [dids] }));
const { verified } = await verifyJWT(jwt, { resolver: verifier, proofPurpose: "assertionMethod" });
console.log(`JWT          verified: ${verified}`);

const stolen = await createJWT({}, { issuer: did, signer: EdDSASigner(login.secretKey), alg: "EdDSA" });
const refused = await verifyJWT(stolen, { resolver: verifier }).then(
  () => false,
  () => true,
);
console.log(`rotated key  refused: ${refused}`);

await execute(deactivateDid(await readRecord(dids, did), { deadline }));
const end = await resolver.resolve(did);
console.log(`deactivated  ${end.didDocumentMetadata.deactivated}, document: ${end.didDocument}`);
