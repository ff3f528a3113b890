/* test_dir.h - a directory for one test, and whole files in it. */
#ifndef TESTS_TEST_DIR_H
#define TESTS_TEST_DIR_H

#include "tests/test.h"
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

struct test_dir {
	char path[48], file[96];
};

static inline struct test_dir test_dir_make(void)
{
	struct test_dir dir = { .path = "/tmp/partyline-test-XXXXXX" };

	CHECK(mkdtemp(dir.path), "a directory of its own");
	return dir;
}

/* Overwritten by the next call. */
static inline const char *test_dir_file(struct test_dir *dir, const char *name)
{
	snprintf(dir->file, sizeof(dir->file), "%s/%.32s", dir->path, name);
	return dir->file;
}

static inline void test_dir_remove(struct test_dir *dir)
{
	DIR *d = opendir(dir->path);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			unlink(test_dir_file(dir, entry->d_name));
	if (d)
		closedir(d);
	CHECK(rmdir(dir->path) == 0, "%s is empty", dir->path);
}

static inline char *test_file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *bytes = malloc(16 << 20);

	CHECK(f && bytes, "%s", path);
	*len = fread(bytes, 1, 16 << 20, f);
	fclose(f);
	return bytes;
}

static inline void test_file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f, "%s", path);
	fputs(text, f);
	fclose(f);
}
#endif
