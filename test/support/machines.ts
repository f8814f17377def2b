/** Stand-ins for machines with TensorRT that end with the test that made them. */
import { afterEach } from "vitest";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";

/** To be called once in a test file. */
export function useMachines(): (fake?: Readonly<Record<string, string>>) => Promise<FakeMachine> {
  const machines: FakeMachine[] = [];
  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.end();
  });
  return async (fake = {}) => {
    const machine = await fakeMachine(fake);
    machines.push(machine);
    return machine;
  };
}
