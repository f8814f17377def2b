/** Every mutation. `npm run test:mutations` tries them (scripts/mutate.ts); test/unit/scripts/mutations.test.ts holds that each still applies. */
import { engineRules } from "./engine-rules.ts";
import { mends } from "./mends.ts";
import type { Mutation } from "./mutation.ts";

export const mutations: readonly Mutation[] = [...mends, ...engineRules];
