import { z } from 'zod';
import { documentKind, epoch, id, seq, time } from '../wire/fields.js';

/** 1 to 1,024 characters of `/`-separated names; the server checks the rest (`bad_path`). */
export const documentPath = z.string().min(1).max(1024);

export const documentBody = z.strictObject({
  path: documentPath,
  /** Initial text, in UTF-16 units; only for kind `text`. */
  text: z.string().max(4_000_000).optional(),
  kind: documentKind.default('text'),
});
export const documentPatch = z.strictObject({ path: documentPath });

export const document = z.object({
  id,
  projectId: id,
  path: z.string(),
  kind: documentKind,
  seq,
  epoch,
  createdAt: time,
  updatedAt: time,
  /** Since when stored edits of it are lost or under repair; absent: never, or not any more. */
  damagedAt: time.optional(),
});

/** A folder or a file of the tree; folders come first, then names in code point order. */
export interface TreeNode {
  name: string;
  path: string;
  /** Set for a file. */
  documentId?: string;
  /** Set for a folder. */
  children?: TreeNode[];
}
export const treeNode: z.ZodType<TreeNode> = z
  .lazy(() =>
    z.object({
      name: z.string(),
      path: z.string(),
      documentId: id.optional(),
      children: z.array(treeNode).optional(),
    }),
  )
  .meta({ id: 'TreeNode' });

export const documentList = z.object({ documents: z.array(document), tree: z.array(treeNode) });

export type Document = z.infer<typeof document>;
export type DocumentList = z.infer<typeof documentList>;
