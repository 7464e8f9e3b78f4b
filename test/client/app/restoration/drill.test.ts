import { expect } from "chai";
import type { HDNodeWallet } from "ethers";
import {
  backUp,
  type DrilledTrustee,
  type DrillOptions,
  drill,
  heartbeatKeyName,
  policyHeartbeatKey,
  rootKitPage,
  storedBackups,
  verifyHeartbeatKey,
} from "../../../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../../../client/backup/index.ts";
import { bigintToHex32 } from "../../../../client/core/index.ts";
import { contractKey, p256Key, Secret, secp256k1Key } from "../../../../client/keys/index.ts";
import { renderPaper } from "../../../../client/paper/index.ts";
import {
  answerHeartbeat,
  type Message,
  type ShareJson,
  setUpRecovery,
  verifyShare,
} from "../../../../client/recovery/index.ts";
import { memoryBlobs } from "../../../../client/storage/index.ts";
import { createWallet } from "../../../../client/wallet/index.ts";
import { recoveryFile, SOURCE_DID, signerOf } from "../../recovery/support.ts";
import { codeOfAsync } from "../../support.ts";
import { draftSet, install, openTrusteeWorld, type TrusteeWorld, wordsOn } from "../trusteeWorld.ts";

const NAMES = ["Ada", "Ben", "Cleo"] as const;
describe("app: a drill", () => {
  let world: TrusteeWorld;
  let good: DrillOptions;
  let shares: readonly ShareJson[];
  let people: readonly HDNodeWallet[];
  let scan: Secret<string>;
  let other: Secret<string>;

  before(async () => {
    world = await openTrusteeWorld();
    people = world.people.slice(0, 3);
    const { node, record, rootKit } = world;
    const { registry } = node;
    const made = await setUpRecovery({
      ...{ file: recoveryFile(), threshold: 2, trustees: NAMES, epoch: 1, sourceDid: SOURCE_DID },
      signer: signerOf(7),
    });
    shares = made.shares;
    await install(world, await draftSet(world, people, { shareSet: made.tag }));
    const identity = await generateBackupIdentity();
    other = await generateBackupIdentity();
    const recipients = [{ role: "paper", recipient: await recipientOf(identity) }] as const;
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner"] });
    const place = storedBackups(memoryBlobs());
    await backUp({
      ...{ registry, policy: record.policy, signer: world.phone, sender: node.relayer, place },
      ...{ wallet, segments: ["owner"], recipients },
    });
    scan = renderPaper({
      ...{ identity, endpoint: "https://cloud.example/b", policy: bigintToHex32(record.policy) },
      ...{ chainId: registry.location.chainId, date: "2026-11-28" },
    }).scan;
    const [first] = shares;
    if (first === undefined) throw new Error("no share");
    good = {
      ...{ registry, policy: record.policy, place, paper: scan },
      rootWords: new Secret(wordsOn(rootKitPage(rootKit))),
      trustees: await Promise.all(NAMES.map((_, i) => trustee(i))),
      shares: verifyShare(first, { anchor: made.tag }).public,
    };
  });
  after(() => world.close());

  const personOf = (i: number) => people[i] ?? world.phone;

  async function trustee(
    i: number,
    more: {
      readonly key?: HDNodeWallet;
      readonly share?: ShareJson | undefined;
      readonly index?: number;
    } = {},
  ): Promise<DrilledTrustee> {
    const { key = personOf(i) } = more;
    const share = "share" in more ? more.share : shares[i];
    const held =
      share === undefined ? {} : { share: verifyShare(share, { dealerKey: signerOf(7).publicKey }) };
    const heartbeat = await policyHeartbeatKey(key, world.node.registry.location);
    return {
      ...{ name: NAMES[i] ?? "nobody", key: secp256k1Key(personOf(i).address), index: more.index ?? i + 1 },
      ask: async (request) =>
        answerHeartbeat({ request, keys: [heartbeat], now: Number(await world.now()), ...held }),
    };
  }

  const failures = async (more: Partial<DrillOptions>) => {
    const { ok, findings } = await drill({ ...good, ...more });
    const bad = findings.filter((finding) => !finding.ok);
    expect(ok).to.equal(bad.length === 0);
    return bad.map(({ check, text, code }) => ({ check, text, ...(code === undefined ? {} : { code }) }));
  };

  it("finds nothing wrong where all is well, and shows no secret", async () => {
    const report = await drill({ ...good, identities: [{ name: "this phone", identity: other }] });
    expect(report.findings.map(({ check, ok }) => `${check} ${ok}`)).to.deep.equal([
      ...["BACKUP false", "PAPER true", "ROOT_KEYS true"],
      ...["TRUSTEE true", "TRUSTEE true", "TRUSTEE true", "SHARES true", "POLICY true"],
    ]);
    expect(report.heard.map(({ name }) => name)).to.deep.equal([...NAMES]);
    const text = JSON.stringify(report, (_, value: unknown) =>
      typeof value === "bigint" ? `${value}` : value,
    );
    expect(text).not.to.contain("AGE-SECRET-KEY");
    // Two in a row: some words of the list are in plain sentences as well.
    const words = wordsOn(rootKitPage(world.rootKit)).split(" ");
    for (const [i, word] of words.slice(1).entries()) expect(text).not.to.contain(`${words[i]} ${word}`);
    expect(await failures({})).to.deep.equal([]);
  });

  it("tells which trustee is silent, has lost its key or its share, or gives a wrong answer", async () => {
    const silent = { ...(await trustee(0)), ask: async () => undefined };
    const keyless = await trustee(1, { key: world.laptop });
    const shareless = await trustee(2, { share: undefined });
    expect(await failures({ trustees: [silent, keyless, shareless] })).to.deep.equal([
      { check: "TRUSTEE", text: "Ada did not answer." },
      { check: "TRUSTEE", text: "Ben has lost its key: choose another trustee." },
      { check: "TRUSTEE", text: "Cleo has lost its share: choose another trustee." },
      { check: "SHARES", text: "1 trustees have their shares, and 2 are needed." },
    ]);
    const [, second] = shares;
    const liar = await trustee(0, { share: second });
    const [wrong] = await failures({ trustees: [liar, await trustee(1), await trustee(2)] });
    expect(wrong).to.include({ check: "TRUSTEE", code: "HEARTBEAT_SHARE_INVALID" });
    const replayed: DrilledTrustee = {
      ...(await trustee(0)),
      ask: async (request) => {
        const { ask } = await trustee(0);
        const old = { ...request, id: "an-earlier-request" } as Message<"KEY_HEARTBEAT_REQUEST">;
        return ask(old);
      },
    };
    expect((await failures({ trustees: [replayed, await trustee(1), await trustee(2)] }))[0]).to.include({
      code: "ANSWER_UNEXPECTED",
    });
  });

  it("finds papers of another policy, unreadable ones, and those that open nothing", async () => {
    expect(await failures({ paper: new Secret("DKMS-PAPER 1 torn") })).to.deep.include.members([
      {
        ...{ check: "PAPER", code: "PAPER_MALFORMED" },
        text: "The paper cannot be read: this is not the text of a recovery paper, or only part of it.",
      },
    ]);
    const sheet = (identity: Secret<string>, policy: bigint) =>
      renderPaper({
        ...{ identity, endpoint: "https://cloud.example/b", policy: bigintToHex32(policy) },
        ...{ chainId: world.node.registry.location.chainId, date: "2026-11-28" },
      }).scan;
    expect((await failures({ paper: sheet(other, world.record.policy) }))[0]).to.include({
      code: "BACKUP_KEY_WRONG",
    });
    expect((await failures({ paper: sheet(other, 5n) }))[0]?.text).to.equal(
      "The paper is of another policy or chain.",
    );
  });

  it("finds root keys of another page, and shares that the policy does not anchor", async () => {
    const { makeRootKit } = await import("../../../../client/app/index.ts");
    const old = await makeRootKit();
    expect((await failures({ rootWords: old.words }))[0]?.text).to.contain("an old one");
    expect((await failures({ rootWords: new Secret("abandon abandon") }))[0]).to.include({
      code: "WORDS_MALFORMED",
    });
    const { shares: sharing } = good;
    if (sharing === undefined) return expect.fail("no shares");
    const [, notAnchored] = await failures({
      shares: { ...sharing, epoch: 2 },
      trustees: [await trustee(0)],
    });
    expect(notAnchored?.text).to.contain("not those that the policy anchors");
  });

  it("is cancelled between two checks, and fails on no node", async () => {
    const controller = new AbortController();
    const cancelled = drill({ ...good, signal: controller.signal, onProgress: () => controller.abort() });
    expect(await codeOfAsync(() => cancelled)).to.equal("DRILL_CANCELLED");
  });

  it("verifies policy keys of every kind that can be verified away from the chain", async () => {
    const { location } = world.node.registry;
    const key = await policyHeartbeatKey(world.phone, location);
    const statement = new Uint8Array([1, 2, 3]);
    const signature = await key.sign(statement);
    const verify = verifyHeartbeatKey(location);
    expect(await verify(key.key, statement, signature)).to.equal(true);
    expect(await verify(key.key, new Uint8Array([1, 2, 4]), signature)).to.equal(false);
    expect(await verifyHeartbeatKey({ ...location, chainId: 1n })(key.key, statement, signature)).to.equal(
      false,
    );
    expect(await verify(heartbeatKeyName(secp256k1Key(world.laptop.address)), statement, signature)).to.equal(
      false,
    );
    expect(await verify(heartbeatKeyName(contractKey(world.phone.address)), statement, signature)).to.equal(
      false,
    );
    for (const name of ["", "9:0x00", "1:zz", "1:0x", `${key.key}00`]) {
      expect(await verify(name, statement, signature), name).to.equal(false);
    }
    expect(heartbeatKeyName(p256Key(P256))).to.match(/^3:0x/);
  });
});

const P256 =
  "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
