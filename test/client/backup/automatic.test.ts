import { expect } from "chai";
import { AutomaticBackup, type AutomaticBackupOptions } from "../../../client/backup/index.ts";
import type { WalletChange } from "../../../client/wallet/index.ts";
import { codeOfAsync } from "../support.ts";
import { bytes, makeWallet } from "../wallet/support.ts";

/** Time that passes only when told to. */
class Clock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async pass(duration: number): Promise<void> {
    const end = this.#now + duration;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.callback();
      await settle();
    }
    this.#now = end;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(options: Partial<AutomaticBackupOptions> = {}) {
  const clock = new Clock();
  const listeners = new Set<(change: WalletChange) => void>();
  const wallet = {
    onChange: (listener: (change: WalletChange) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const times: number[] = [];
  const automatic = new AutomaticBackup({
    ...{ wallet, clock, quiet: 10, longest: 50, retry: 100 },
    backup: async () => {
      times.push(clock.now());
    },
    ...options,
  });
  const change = (segment: string | undefined = "keys") => {
    for (const listener of listeners) listener({ segment });
  };
  return { clock, automatic, times, change };
}

describe("backup/automatic", () => {
  it("makes one backup of many changes, once they have stopped", async () => {
    const { clock, times, change, automatic } = setUp();
    await clock.pass(1000);
    expect(times).to.deep.equal([]);
    for (let i = 0; i < 4; i++) {
      change();
      await clock.pass(9);
    }
    expect(automatic.isDue).to.equal(true);
    await clock.pass(1000);
    expect(times).to.deep.equal([1037]);
    expect(automatic.isDue).to.equal(false);
  });

  it("does not wait for ever for changes to stop", async () => {
    const { clock, times, change } = setUp();
    for (let i = 0; i < 20; i++) {
      change();
      await clock.pass(9);
    }
    expect(times).to.deep.equal([50, 104, 158]);
  });

  it("forgets no change that comes while a backup is made, and makes one at a time", async () => {
    let finish: () => void = () => undefined;
    let running = 0;
    let most = 0;
    const { clock, change, automatic } = setUp({
      backup: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        running -= 1;
      },
    });
    change();
    await clock.pass(10);
    expect(running).to.equal(1);
    change();
    await clock.pass(500);
    expect(running).to.equal(1);
    finish();
    await settle();
    expect(automatic.isDue).to.equal(true);
    await clock.pass(10);
    expect(running).to.equal(1);
    finish();
    await settle();
    expect(automatic.isDue).to.equal(false);
    expect(most).to.equal(1);
  });

  it("tries again after a failure, later each time, and tells", async () => {
    const tries: number[] = [];
    const errors: unknown[] = [];
    const { clock, change, automatic } = setUp({
      backup: () => {
        tries.push(clock.now());
        if (tries.length < 3) throw new RangeError("planned, at once");
        return tries.length < 4 ? Promise.reject(new RangeError("planned")) : Promise.resolve();
      },
      failed: (error) => errors.push(error),
    });
    change();
    await clock.pass(2000);
    expect(tries).to.deep.equal([10, 110, 310, 710]);
    expect(errors).to.have.length(3);
    expect(automatic.isDue).to.equal(false);
    change();
    await clock.pass(10);
    expect(tries).to.have.length(5);
  });

  it("makes one at once when asked to, if there is anything new", async () => {
    const { clock, times, change, automatic } = setUp();
    await automatic.flush();
    expect(times).to.deep.equal([]);
    change();
    await automatic.flush();
    await clock.pass(1000);
    expect(times).to.deep.equal([0]);
    const failing = setUp({
      backup: async () => {
        throw new RangeError("planned");
      },
    });
    failing.change();
    expect(await codeOfAsync(() => failing.automatic.flush())).to.equal("RangeError: planned");
    expect(failing.automatic.isDue).to.equal(true);
  });

  it("does not care for segments that are none of its business", async () => {
    const { clock, times, change } = setUp({ ignored: ["backups"] });
    change("backups");
    await clock.pass(1000);
    expect(times).to.deep.equal([]);
    change(undefined);
    await clock.pass(1000);
    expect(times).to.deep.equal([1010]);
  });

  it("ends, with the backup that is being made", async () => {
    let aborted = false;
    const { clock, change, automatic } = setUp({
      backup: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new RangeError("stopped"));
          });
        }),
    });
    change();
    await clock.pass(10);
    automatic.stop();
    await clock.pass(10_000);
    expect(aborted).to.equal(true);
    change();
    await clock.pass(10_000);
    expect(await codeOfAsync(() => automatic.flush())).to.equal("BACKUP_STOPPED");
  });

  it("backs up a wallet with the clock of the system", async () => {
    const { wallet } = await makeWallet();
    let count = 0;
    const done = new Promise<void>((resolve) => {
      new AutomaticBackup({
        wallet,
        quiet: 1,
        backup: async () => {
          count += 1;
          resolve();
        },
      });
    });
    await wallet.segment("keys").write("a", bytes("1"));
    await done;
    expect(count).to.equal(1);
  });
});
