import { expect } from "chai";
import {
  AutomaticBackup,
  type AutomaticBackupOptions,
  type BackupMark,
} from "../../../client/backup/index.ts";
import type { Wallet, WalletChange } from "../../../client/wallet/index.ts";
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
    state: async () => "",
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

  describe("with a mark", () => {
    const marked = (last?: string) => {
      const mark = {
        last,
        load: async () => mark.last,
        save: async (state: string) => {
          mark.last = state;
        },
      };
      return mark;
    };
    const begin = (wallet: Wallet, mark: BackupMark, more: Partial<AutomaticBackupOptions> = {}) => {
      const clock = new Clock();
      let made = 0;
      const backup = async () => {
        made += 1;
      };
      const automatic = new AutomaticBackup({ wallet, backup, mark, clock, ignored: ["contacts"], ...more });
      return { automatic, clock, made: () => made };
    };
    const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

    it("finds what a program that stopped did not back up, and nothing else", async () => {
      const { wallet, reopen } = await makeWallet();
      const mark = marked();
      const first = begin(wallet, mark);
      await settled();
      expect(first.automatic.isDue).to.equal(true);
      await first.automatic.flush();
      expect(first.made()).to.equal(1);
      first.automatic.stop();
      const second = begin(await reopen(), mark);
      await settled();
      expect(second.automatic.isDue).to.equal(false);
      await wallet.segment("contacts").write("a", bytes("of no interest"));
      await second.automatic.look();
      expect(second.automatic.isDue).to.equal(false);
      // Another process, which watches nothing.
      await wallet.segment("keys").write("a", bytes("1"));
      await second.automatic.look();
      expect(second.automatic.isDue).to.equal(true);
      second.automatic.stop();
      const third = begin(await reopen(), mark);
      await settled();
      await third.clock.pass(5_000);
      await settled();
      expect(third.made()).to.equal(1);
      expect(third.automatic.isDue).to.equal(false);
      third.automatic.stop();
    });

    it("takes no backup for done that failed, or whose wallet changed meanwhile", async () => {
      const { wallet } = await makeWallet();
      const mark = marked(await wallet.state(["contacts"]));
      const failures: unknown[] = [];
      const failing = begin(wallet, mark, {
        backup: async () => {
          throw new Error("no network");
        },
        failed: (error) => failures.push(error),
      });
      const before = mark.last;
      await wallet.segment("keys").write("a", bytes("1"));
      expect(await codeOfAsync(() => failing.automatic.flush())).to.equal("Error: no network");
      expect(mark.last).to.equal(before);
      failing.automatic.stop();
      const during = begin(wallet, mark, {
        backup: async () => await wallet.segment("keys").write("b", bytes("2")),
      });
      await settled();
      await during.automatic.flush();
      expect(mark.last).not.to.be.oneOf([before, await wallet.state(["contacts"])]);
      expect(during.automatic.isDue).to.equal(true);
      during.automatic.stop();
    });

    it("tells if it cannot look", async () => {
      const { wallet } = await makeWallet();
      const failures: unknown[] = [];
      const mark = { ...marked(), load: async () => Promise.reject(new Error("no disk")) };
      const { automatic } = begin(wallet, mark, { failed: (error) => failures.push(error) });
      await settled();
      expect(failures.map(String)).to.deep.equal(["Error: no disk"]);
      automatic.stop();
    });
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
