import { z } from 'zod';
import { defineTool } from '../tool.js';
import { describeProject, noSuchProject, PROJECT, PROJECT_ID, PROJECT_NAME, projectName } from './project.js';

export const renameProject = defineTool({
  name: 'rename_project',
  title: 'Rename a project',
  description: 'Gives a project another name. Its id stays.',
  scopes: ['projects:write'],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ project_id: PROJECT_ID, name: PROJECT_NAME }),
  output: PROJECT,
  async run({ project_id, name }, { actor, projects, clock }) {
    const project = await projects.rename(actor, project_id, projectName(name), clock.now());
    if (!project) throw noSuchProject();
    return { text: `It is called ${project.name} now.`, result: describeProject(project) };
  },
});
