/** What the roles of a template may do, out of the policies in and at them. */

import * as v from "valibot";
import { ofType, type PlainTemplate } from "./support.ts";

function oneOrMany<Schema extends v.GenericSchema>(schema: Schema) {
  return v.union([
    v.array(schema),
    v.pipe(
      schema,
      v.transform((one) => [one]),
    ),
  ]);
}

const statementSchema = v.object({
  Effect: v.picklist(["Allow", "Deny"]),
  Action: oneOrMany(v.string()),
  Resource: oneOrMany(v.unknown()),
});

const documentSchema = v.object({ Statement: v.array(statementSchema) });
const referenceSchema = v.object({ Ref: v.string() });

export interface Permission {
  /** Logical id. */
  readonly role: string;
  readonly action: string;
  /** As in the template, as JSON. */
  readonly resource: string;
}

/** Every action on every resource that some role of the template may take. */
export function permissionsIn(template: PlainTemplate): Permission[] {
  const inRoles = ofType(template, "AWS::IAM::Role").flatMap(([role, { Properties }]) =>
    v
      .parse(v.optional(v.array(v.object({ PolicyDocument: documentSchema })), []), Properties["Policies"])
      .flatMap(({ PolicyDocument }) => permissions(role, PolicyDocument)),
  );
  const atRoles = ofType(template, "AWS::IAM::Policy").flatMap(([, { Properties }]) => {
    const { Roles, PolicyDocument } = v.parse(
      v.object({ Roles: v.array(referenceSchema), PolicyDocument: documentSchema }),
      Properties,
    );
    return Roles.flatMap(({ Ref }) => permissions(Ref, PolicyDocument));
  });
  return [...inRoles, ...atRoles];
}

function permissions(role: string, { Statement }: v.InferOutput<typeof documentSchema>): Permission[] {
  return Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action, Resource }) =>
    Action.flatMap((action) =>
      Resource.map((resource) => ({ role, action, resource: JSON.stringify(resource) })),
    ),
  );
}

/** The actions of the roles whose logical ids begin so, ascending, each once. */
export function actionsOf(all: readonly Permission[], rolePrefix: string): string[] {
  const actions = all.filter(({ role }) => role.startsWith(rolePrefix)).map(({ action }) => action);
  return [...new Set(actions)].sort();
}
