import { MigrationInterface, QueryRunner } from "typeorm";

export class Drift1795407147126 implements MigrationInterface {
    name = 'Drift1795407147126'

    public async up(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query(`
            CREATE TABLE "projects" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "name" text NOT NULL,
                "configuration" jsonb NOT NULL,
                "ai_context" jsonb NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE TABLE "documents" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "project_id" uuid NOT NULL,
                "path" text NOT NULL,
                "path_key" text NOT NULL,
                "kind" text NOT NULL,
                "head" bigint NOT NULL DEFAULT '0',
                "epoch" integer NOT NULL DEFAULT '1',
                "access_version" bigint NOT NULL DEFAULT '1',
                "snapshot_id" uuid,
                "snapshot_seq" bigint NOT NULL DEFAULT '0',
                "created_by" uuid,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "deleted_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "documents_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE UNIQUE INDEX "documents_project_id_path_key" ON "documents" ("project_id", "path_key")
            WHERE deleted_at IS NULL
        `);
        await queryRunner.query(`
            CREATE TABLE "document_clients" (
                "document_id" uuid NOT NULL,
                "client_id" bigint NOT NULL,
                "user_id" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "document_clients_pkey" PRIMARY KEY ("document_id", "client_id")
            )
        `);
        await queryRunner.query(`
            CREATE TABLE "document_snapshots" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "document_id" uuid NOT NULL,
                "seq" bigint NOT NULL,
                "structs" bytea NOT NULL,
                "struct_index" bytea NOT NULL,
                "delete_set" bytea NOT NULL,
                "checksum" bigint NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "document_snapshots_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE INDEX "document_snapshots_document_id_seq_idx" ON "document_snapshots" ("document_id", "seq")
        `);
        await queryRunner.query(`
            CREATE TABLE "document_updates" (
                "document_id" uuid NOT NULL,
                "seq" bigint NOT NULL,
                "user_id" uuid NOT NULL,
                "bytes" bytea NOT NULL,
                "checksum" bigint NOT NULL,
                "provenance" jsonb,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "document_updates_pkey" PRIMARY KEY ("document_id", "seq")
            )
        `);
        await queryRunner.query(`
            CREATE TABLE "event_outbox" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "type" text NOT NULL,
                "document_id" uuid,
                "from_seq" bigint,
                "seq" bigint,
                "payload" jsonb,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "published_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "event_outbox_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE INDEX "event_outbox_unpublished_idx" ON "event_outbox" ("id")
            WHERE published_at IS NULL
        `);
        await queryRunner.query(`
            CREATE TABLE "users" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "email" text,
                "display_name" text NOT NULL,
                "password_hash" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "users_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE UNIQUE INDEX "users_email_key" ON "users" ("email")
        `);
        await queryRunner.query(`
            CREATE TABLE "profiles" (
                "user_id" uuid NOT NULL,
                "ide_settings" jsonb NOT NULL,
                "ai_preferences" jsonb NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "profiles_pkey" PRIMARY KEY ("user_id")
            )
        `);
        await queryRunner.query(`
            CREATE TABLE "project_members" (
                "project_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "role" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "project_members_pkey" PRIMARY KEY ("project_id", "user_id")
            )
        `);
        await queryRunner.query(`
            CREATE INDEX "project_members_user_id_idx" ON "project_members" ("user_id")
        `);
        await queryRunner.query(`
            CREATE TABLE "sessions" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "user_id" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "revoked_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
            )
        `);
        await queryRunner.query(`
            CREATE INDEX "sessions_user_id_idx" ON "sessions" ("user_id")
        `);
        await queryRunner.query(`
            CREATE TABLE "refresh_tokens" (
                "token_hash" bytea NOT NULL,
                "session_id" uuid NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "used_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("token_hash")
            )
        `);
        await queryRunner.query(`
            CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens" ("session_id")
        `);
        await queryRunner.query(`
            CREATE TABLE "sign_in_links" (
                "token_hash" bytea NOT NULL,
                "project_id" uuid NOT NULL,
                "document_id" uuid,
                "role" text NOT NULL,
                "uses" integer NOT NULL DEFAULT '0',
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "sign_in_links_pkey" PRIMARY KEY ("token_hash")
            )
        `);
        await queryRunner.query(`
            CREATE TABLE "signing_keys" (
                "kid" text NOT NULL,
                "algorithm" text NOT NULL,
                "public_jwk" jsonb NOT NULL,
                "private_key" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "retired_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("kid")
            )
        `);
        await queryRunner.query(`
            ALTER TABLE "documents"
            ADD CONSTRAINT "documents_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "document_clients"
            ADD CONSTRAINT "document_clients_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "profiles"
            ADD CONSTRAINT "profiles_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "project_members"
            ADD CONSTRAINT "project_members_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "project_members"
            ADD CONSTRAINT "project_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "sessions"
            ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "refresh_tokens"
            ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
        await queryRunner.query(`
            ALTER TABLE "sign_in_links"
            ADD CONSTRAINT "sign_in_links_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    }

    public async down(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query(`
            ALTER TABLE "sign_in_links" DROP CONSTRAINT "sign_in_links_project_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_session_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "sessions" DROP CONSTRAINT "sessions_user_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "project_members" DROP CONSTRAINT "project_members_user_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "project_members" DROP CONSTRAINT "project_members_project_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "profiles" DROP CONSTRAINT "profiles_user_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "document_clients" DROP CONSTRAINT "document_clients_document_id_fkey"
        `);
        await queryRunner.query(`
            ALTER TABLE "documents" DROP CONSTRAINT "documents_project_id_fkey"
        `);
        await queryRunner.query(`
            DROP TABLE "signing_keys"
        `);
        await queryRunner.query(`
            DROP TABLE "sign_in_links"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."refresh_tokens_session_id_idx"
        `);
        await queryRunner.query(`
            DROP TABLE "refresh_tokens"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."sessions_user_id_idx"
        `);
        await queryRunner.query(`
            DROP TABLE "sessions"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."project_members_user_id_idx"
        `);
        await queryRunner.query(`
            DROP TABLE "project_members"
        `);
        await queryRunner.query(`
            DROP TABLE "profiles"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."users_email_key"
        `);
        await queryRunner.query(`
            DROP TABLE "users"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."event_outbox_unpublished_idx"
        `);
        await queryRunner.query(`
            DROP TABLE "event_outbox"
        `);
        await queryRunner.query(`
            DROP TABLE "document_updates"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."document_snapshots_document_id_seq_idx"
        `);
        await queryRunner.query(`
            DROP TABLE "document_snapshots"
        `);
        await queryRunner.query(`
            DROP TABLE "document_clients"
        `);
        await queryRunner.query(`
            DROP INDEX "public"."documents_project_id_path_key"
        `);
        await queryRunner.query(`
            DROP TABLE "documents"
        `);
        await queryRunner.query(`
            DROP TABLE "projects"
        `);
    }

}
