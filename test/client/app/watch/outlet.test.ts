import { expect } from "chai";
import type { WatchReport } from "../../../../client/app/index.ts";
import { outletOf } from "../../../../client/app/watch/outlet.ts";
import { policyId } from "../../../../client/policy/index.ts";

const report = (time: number): WatchReport => ({
  ...{ code: "EPOCH_BEGAN", text: "", policy: policyId(1n), time: BigInt(time) },
});
const reports = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => report(from + i));

describe("app/watch/outlet", () => {
  it("keeps the first 1,000 reports that a sink does not take, and tells how many more there were", async () => {
    const taken: WatchReport[] = [];
    const failures: unknown[] = [];
    let down = true;
    const outlet = outletOf(
      async (one) => {
        if (down) throw new Error("no");
        taken.push(one);
      },
      (error) => void failures.push(error),
    );
    outlet.put(reports(0, 999));
    for (let i = 0; i < 10; i++) {
      outlet.put(reports(999 + 2 * i, 1001 + 2 * i));
      await outlet.deliver();
    }
    expect([failures.length, taken.length, outlet.isEmpty()]).to.deep.equal([10, 0, false]);
    down = false;
    await outlet.deliver();
    expect(taken.slice(0, 1000).map(({ time }) => Number(time))).to.deep.equal(
      reports(0, 1000).map(({ time }) => Number(time)),
    );
    expect(taken.slice(1000)).to.have.length(1);
    expect(taken.at(-1)).to.include({ code: "REPORTS_DROPPED", time: 1018n });
    expect(taken.at(-1)?.text).to.contain("19 reports");
    expect(outlet.isEmpty()).to.equal(true);
    outlet.put([report(2000)]);
    await outlet.deliver();
    expect(taken.slice(1001).map(({ time }) => time)).to.deep.equal([2000n]);
  });

  it("gives a sink that takes them all that one look tells, however many", async () => {
    const taken: WatchReport[] = [];
    const outlet = outletOf(
      (one) => void taken.push(one),
      () => undefined,
    );
    outlet.put(reports(0, 1500));
    await outlet.deliver();
    expect(taken.map(({ time }) => Number(time))).to.deep.equal(
      reports(0, 1500).map(({ time }) => Number(time)),
    );
  });

  it("counts on if what was dropped cannot be told either", async () => {
    const texts: string[] = [];
    let open = 1000;
    const outlet = outletOf(
      (one) => {
        if (open === 0) throw new Error("no");
        open -= 1;
        if (one.code === "REPORTS_DROPPED") texts.push(one.text);
      },
      () => undefined,
    );
    outlet.put(reports(0, 1001));
    await outlet.deliver();
    outlet.put(reports(0, 1003));
    open = 2000;
    await outlet.deliver();
    expect(texts).to.have.length(1);
    expect(texts[0]).to.contain("4 reports");
  });
});
