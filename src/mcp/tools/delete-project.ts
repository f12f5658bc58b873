import { z } from 'zod';
import { RESTORABLE_DAYS } from '../../database/repositories/deleted-projects.repository.js';
import { defineTool, ToolError } from '../tool.js';
import { noSuchProject, PROJECT_ID } from './project.js';

const RESTORABLE = `For ${RESTORABLE_DAYS} days an owner or admin can restore it in the console, on the page Projects; no tool can.`;

export const deleteProject = defineTool({
  name: 'delete_project',
  title: 'Delete a project',
  description: `Deletes a project. ${RESTORABLE} Ask the person first. confirm_name must be the project's exact name, as get_project shows it.`,
  scopes: ['projects:write'],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    project_id: PROJECT_ID,
    confirm_name: z.string().describe('The exact name of the project, so that nothing is deleted by mistake'),
  }),
  output: z.object({ deleted: z.string().describe('The id of the project that is gone') }),
  async run({ project_id, confirm_name }, { actor, projects, clock }) {
    const project = await projects.find(actor.organizationId, project_id);
    if (!project) throw noSuchProject();
    if (project.name !== confirm_name)
      throw new ToolError(
        'confirm_name is not the name of this project. Call get_project, ask the person, and give the exact name.',
      );
    if (!(await projects.delete(actor, project_id, clock.now()))) throw noSuchProject();
    return { text: `Deleted ${project.name}. ${RESTORABLE}`, result: { deleted: project_id } };
  },
});
