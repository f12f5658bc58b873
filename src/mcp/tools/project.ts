import { z } from 'zod';
import type { Project } from '../../database/entities/project.entity.js';
import { displayName, MAX_NAME_LENGTH } from '../../organizations/display-name.js';
import { ToolError } from '../tool.js';

/** A project as the tools show it. Times are ISO 8601 in UTC. */
export const PROJECT = z.object({
  id: z.string().describe('Identifier; give it to the other project tools'),
  name: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const PROJECT_ID = z.uuid().describe('The id of a project, as list_projects shows it');
export const PROJECT_NAME = z.string().max(1000).describe(`1 to ${MAX_NAME_LENGTH} visible characters`);

export function describeProject({ id, name, createdAt, updatedAt }: Project): z.infer<typeof PROJECT> {
  return { id, name, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}

/** Throws `ToolError` for a name nobody could read. */
export function projectName(value: string): string {
  const name = displayName(value);
  if (name === undefined)
    throw new ToolError(`That name cannot be used. Give one of 1 to ${MAX_NAME_LENGTH} visible characters.`);
  return name;
}

/** The same for an id that never existed and for one of another organization. */
export function noSuchProject(): ToolError {
  return new ToolError(
    'There is no project with this id in this organization. Call list_projects to see those there are.',
  );
}
