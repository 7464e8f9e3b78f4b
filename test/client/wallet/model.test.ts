import { expect } from "chai";
import fc from "fast-check";
import { memoryBlobs } from "../../../client/storage/index.ts";
import { createWallet, openWallet, type Wallet } from "../../../client/wallet/index.ts";
import { bytes, contentsOf, recovery } from "./support.ts";

type Step =
  | {
      readonly kind: "change";
      readonly by: number;
      readonly segment: string;
      readonly values: Record<string, string | null>;
    }
  | { readonly kind: "segment"; readonly by: number; readonly segment: string }
  | { readonly kind: "rekey" }
  | { readonly kind: "slot"; readonly by: number }
  | { readonly kind: "reopen"; readonly by: number };

const NAMES = ["a", "b", "c"];
const by = fc.nat(1);
const segment = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("change"),
      by,
      segment,
      values: fc.dictionary(fc.constantFrom("x", "y", "z"), fc.option(fc.string({ maxLength: 9 }))),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("segment"), by, segment }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rekey") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("slot"), by }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("reopen"), by }) },
);

describe("a wallet that two programs have open", () => {
  it("is always what a plain table of its records would be", async () => {
    let [changes, rekeys] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const storage = memoryBlobs();
        const model = new Map<string, Map<string, string>>();
        let key = 1;
        const open = () => openWallet({ storage, unlock: recovery(key) });
        const programs: Wallet[] = [
          await createWallet({ storage, slots: [{ secret: recovery(key) }], segments: [] }),
          await open(),
        ];
        const program = (index: number) => programs[index] ?? expect.fail("no program");
        for (const next of steps) {
          switch (next.kind) {
            case "segment": {
              const wallet = program(next.by);
              await wallet.refresh();
              if (model.delete(next.segment)) await wallet.removeSegment(next.segment);
              else {
                await wallet.addSegment(next.segment);
                model.set(next.segment, new Map());
              }
              break;
            }
            case "change": {
              const records = model.get(next.segment);
              if (records === undefined) break;
              const values = Object.entries(next.values);
              for (const [id, value] of values) {
                if (value === null) records.delete(id);
                else records.set(id, value);
              }
              const list = values.map(([id, value]) => ({
                id,
                value: value === null ? undefined : bytes(value),
              }));
              await program(next.by).refresh();
              await program(next.by).segment(next.segment).change(list);
              changes += 1;
              break;
            }
            case "rekey":
              key += 1;
              await program(0).rekey([{ secret: recovery(key) }]);
              programs[1] = await open();
              rekeys += 1;
              break;
            case "slot": {
              const wallet = program(next.by);
              await wallet.removeSlot((await wallet.addSlot({ secret: recovery(200) })).id);
              break;
            }
            case "reopen":
              programs[next.by] = await open();
          }
        }
        const expected = Object.fromEntries(
          [...model].map(([name, records]) => [name, Object.fromEntries(records)]),
        );
        const anchors = new Set<string>();
        for (const wallet of [await open(), ...programs]) {
          await wallet.refresh();
          expect(await contentsOf(wallet)).to.deep.equal(expected);
          anchors.add(JSON.stringify(wallet.anchor));
        }
        expect(anchors.size).to.equal(1);
        const count = 1 + model.size + [...model.values()].reduce((sum, { size }) => sum + size, 0);
        expect(await storage.list()).to.have.length(count);
      }),
      { seed: 11, numRuns: 60 },
    );
    expect(changes).to.be.greaterThan(100);
    expect(rekeys).to.be.greaterThan(20);
  }).timeout(60_000);
});
