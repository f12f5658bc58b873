import type { z } from 'zod';
import type { Clock } from '../config/clock.js';
import type { Actor, Projects } from '../database/repositories/projects.repository.js';
import type { Organizations } from '../database/repositories/organizations.repository.js';
import type { Users } from '../database/repositories/users.repository.js';
import type { AccessTokenClaims } from '../jwt/access-tokens.service.js';
import type { Role } from '../oauth/role.js';

/** What a tool works with: who calls, for which organization, and what is there. */
export interface ToolCall {
  readonly claims: AccessTokenClaims;
  /** The person, the token's organization, the connection. */
  readonly actor: Actor & { readonly grantId: string };
  /** What the person is in the organization now. */
  readonly role: Role;
  readonly users: Users;
  readonly organizations: Organizations;
  readonly projects: Projects;
  readonly clock: Clock;
}

/** A refusal the model can act on: the sentence says what to do instead. */
export class ToolError extends Error {}

/** One MCP tool. `scopes`: what the token must carry for it to be listed and called. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: false;
  };
  readonly input: Input;
  readonly output: Output;
  /** Throws `ToolError`. */
  run(input: z.infer<Input>, call: ToolCall): Promise<{ readonly text: string; readonly result: z.infer<Output> }>;
}

/** Gives `run` the types of its own schemas. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(tool: Tool<Input, Output>): Tool {
  describeOnce(tool.input);
  describeOnce(tool.output);
  return tool as unknown as Tool;
}

/** A list of tools asks for the JSON Schema of each every time, and making it costs more than all the rest. */
function describeOnce(schema: z.ZodObject): void {
  const standard = schema['~standard'];
  const { input, output } = standard.jsonSchema;
  const jsonSchema = { input: memoized(input), output: memoized(output) };
  Object.defineProperty(schema, '~standard', { value: { ...standard, jsonSchema } });
}

function memoized<Options, Made>(make: (options: Options) => Made): (options: Options) => Made {
  let made: Made | undefined;
  return (options) => (made ??= make(options));
}

export const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
