import { expect } from "chai";
import fc from "fast-check";
import { hex32 } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import {
  forgetShards,
  type Json,
  loadShards,
  recoverBytes,
  recoverJson,
  recoverJsonWithWalletData,
  shardBytes,
  shardJson,
  shardJsonWithWalletData,
  storeShards,
} from "../../../client/recovery/index.ts";
import { codeOfAsync } from "../support.ts";
import { memoryStore, SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const owner = signerOf(1);
const options = { threshold: 2, trustees: TRUSTEES, sourceDid: SOURCE_DID, signer: owner };
const from = (shares: readonly unknown[]) => ({
  shares: shares.map((json) => ({ json })),
  trust: { dealerKey: owner.publicKey },
});

describe("recovery/shards", () => {
  it("shard and recover bytes, however guessable they are", async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(0), new Uint8Array(32_768).fill(7)]) {
      const shares = await shardBytes(new Secret(bytes.slice()), options);
      expect(shares).to.have.length(5);
      expect((await recoverBytes(from(shares.slice(3)))).reveal()).to.deep.equal(bytes);
    }
    const one = await shardBytes(new Secret(Uint8Array.of(1)), options);
    const two = await shardBytes(new Secret(Uint8Array.of(1)), options);
    expect(one[0]?.sealed?.ciphertext).not.to.equal(two[0]?.sealed?.ciphertext);
    expect(one[0]?.commitments).not.to.deep.equal(two[0]?.commitments);
  });

  it("refuse what is too long, and too few shares", async () => {
    expect(await codeOfAsync(() => shardBytes(new Secret(new Uint8Array(32_769)), options))).to.equal(
      "PAYLOAD_TOO_LONG",
    );
    const shares = await shardBytes(new Secret(Uint8Array.of(1)), options);
    expect(await codeOfAsync(() => recoverBytes(from(shares.slice(4))))).to.equal("SHARES_TOO_FEW");
  });

  it("shard and recover any JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        const shares = await shardJson(json, options);
        expect(await recoverJson(from(shares.slice(0, 2)))).to.deep.equal(json);
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  it("serialise JSON in one way, whatever the order of its fields", async () => {
    const texts = await Promise.all(
      [
        { b: 1, a: [1e2, "\u20ac"] },
        { a: [100, "€"], b: 1.0 },
      ].map(async (json) => {
        const bytes = await recoverBytes(from(await shardJson(json, options)));
        return new TextDecoder().decode(bytes.reveal());
      }),
    );
    expect(texts).to.deep.equal(Array(2).fill('{"a":[100,"€"],"b":1}'));
    expect(await codeOfAsync(() => shardJson(Number.NaN, options))).to.equal("PAYLOAD_MALFORMED");
    const bytes = await shardBytes(new Secret(Uint8Array.of(0xff)), options);
    expect(await codeOfAsync(() => recoverJson(from(bytes)))).to.equal("PAYLOAD_MALFORMED");
  });

  it("shard JSON together with records of a wallet", async () => {
    const wallet = memoryStore();
    await wallet.save("link-secret", new Secret(new Uint8Array(32).fill(5)));
    await wallet.save("policy", new Secret(Uint8Array.of(1, 2)));
    const data = { json: { endpoint: "https://cloud.example" }, wallet: { read: wallet.load } };
    const names = ["link-secret", "policy"];
    const shares = await shardJsonWithWalletData({ ...data, names }, options);
    const { json, records } = await recoverJsonWithWalletData(from(shares));
    expect(json).to.deep.equal(data.json);
    expect([...records.keys()]).to.deep.equal(names);
    expect(records.get("link-secret")?.reveal()).to.deep.equal(new Uint8Array(32).fill(5));
    expect(JSON.stringify([...records])).to.contain("[secret]");
    expect(
      await codeOfAsync(() => shardJsonWithWalletData({ ...data, names: ["passport"] }, options)),
    ).to.equal("PAYLOAD_MALFORMED");
    expect(await codeOfAsync(() => recoverJsonWithWalletData(from([])))).to.equal("SHARES_TOO_FEW");
    const plain = await shardJson({ json: 1 }, options);
    expect(await codeOfAsync(() => recoverJsonWithWalletData(from(plain)))).to.equal("PAYLOAD_MALFORMED");
  });

  it("are drawn from the random source that is given", async () => {
    const bytes = () => new Secret(Uint8Array.of(1, 2, 3));
    const [one, two] = [
      await shardBytes(bytes(), { ...options, random: seeded(5) }),
      await shardBytes(bytes(), { ...options, random: seeded(5) }),
    ];
    expect(one).to.deep.equal(two);
    expect(one[0]?.epoch).to.equal(1);
  });

  it("with a record that was garbled before it was sharded are refused", async () => {
    const garbled = await shardJson({ json: 1, wallet: { policy: "no base64url!" } }, options);
    expect(await codeOfAsync(() => recoverJsonWithWalletData(from(garbled)))).to.equal("PAYLOAD_MALFORMED");
  });

  it("are stored under their tag, and forgotten", async () => {
    const store = memoryStore();
    const tag = hex32(`0x${"3c".repeat(32)}`);
    const shares = await shardBytes(new Secret(Uint8Array.of(1)), options);
    await storeShards(store, tag, shares);
    expect(await loadShards(store, tag)).to.deep.equal(shares);
    // A name that `fileStore` accepts.
    expect(store.names()[0]).to.match(/^[a-z0-9][a-z0-9-]{0,63}$/);
    const other = hex32(`0x${"3d".repeat(32)}`);
    expect(await codeOfAsync(() => loadShards(store, other))).to.equal("SHARDS_NOT_STORED");
    await forgetShards(store, tag);
    expect(store.names()).to.deep.equal([]);
    await store.save(`shards-${"3c".repeat(16)}`, new Secret(new TextEncoder().encode("[{}]")));
    expect(await codeOfAsync(() => loadShards(store, tag))).to.equal("SHARE_MALFORMED");
  });
});
