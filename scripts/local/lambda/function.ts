/** A Lambda function on this machine: its bundle, in as many instances as events come at once. */

import { FunctionError } from "./fault.ts";
import { type Instance, type InstanceOptions, startInstance } from "./instance.ts";

export interface FunctionOptions extends Omit<InstanceOptions, "memoryMb" | "log"> {
  /** @default 128 */
  readonly memoryMb?: number;
  /**
   * How many events may be under way at once; those beyond wait. Lambda has a thousand instances with a core of their
   * own; here many cold starts at once would take the processor from those that work against a deadline.
   *
   * @default 8
   */
  readonly maxInstances?: number;
  readonly log?: (line: string) => void;
}

export interface LocalFunction {
  /** Starts an instance where none is idle. @throws FunctionError */
  invoke(event: unknown): Promise<unknown>;
  /** Ends every instance for good; what is under way fails, and what comes after. */
  close(): Promise<void>;
}

const DEFAULT_MEMORY_MB = 128;
const DEFAULT_MAX_INSTANCES = 8;

export function createFunction(options: FunctionOptions): LocalFunction {
  const { memoryMb = DEFAULT_MEMORY_MB, maxInstances = DEFAULT_MAX_INSTANCES, log = () => {} } = options;
  const instances = new Set<Instance>();
  const idle: Instance[] = [];
  const waiting: ((instance: Instance) => void)[] = [];
  let isClosed = false;

  const start = () => {
    if (isClosed) throw new FunctionError("Runtime.Closed", "The function was closed");
    const instance = startInstance({ ...options, memoryMb, log });
    instances.add(instance);
    return instance;
  };
  const take = async (): Promise<Instance> => {
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      if (free.isAlive) return free;
      instances.delete(free);
    }
    if (instances.size < maxInstances) return start();
    return new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (instance: Instance) => {
    if (!instance.isAlive) instances.delete(instance);
    const next = waiting.shift();
    // Once closed, whoever waits gets the dead one, and fails as what was under way.
    if (next !== undefined) next(instance.isAlive || isClosed ? instance : start());
    else if (instance.isAlive) idle.push(instance);
  };

  return {
    async invoke(event) {
      const instance = await take();
      try {
        return await instance.invoke(event);
      } finally {
        giveBack(instance);
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...instances].map((instance) => instance.close()));
    },
  };
}
