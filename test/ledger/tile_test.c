/* SPDX-License-Identifier: Apache-2.0 */

/* Proves that tiles have one name each, as C2SP tlog-tiles writes it, and the widths that it gives. */

#include "fixture.h"

#include "ledger/tile.h"

static void each_tile_has_one_path(void **state)
{
    static const struct {
        struct tile_name name;
        const char *path;
    } cases[] = {
        {{false, 0, 0, 256}, "tile/0/000"},
        {{false, 0, 999, 256}, "tile/0/999"},
        {{false, 1, 1000, 256}, "tile/1/x001/000"},
        {{false, 7, 1234067, 256}, "tile/7/x001/x234/067"},
        {{false, 0, 1234067, 1}, "tile/0/x001/x234/067.p/1"},
        {{true, 0, 0, 255}, "tile/entries/000.p/255"},
        {{true, 0, 1000000, 256}, "tile/entries/x001/x000/000"},
        {{false, 0, UINT64_MAX, 255}, "tile/0/x018/x446/x744/x073/x709/x551/615.p/255"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUFFER struct buffer path = buffer_new(TILE_PATH_MAX);
        struct tile_name name;
        tile_path_write(&cases[i].name, &path);
        assert_true(slice_is(buffer_view(&path), cases[i].path));
        assert_int_equal(OK, tile_path_parse(buffer_view(&path), &name));
        assert_int_equal(cases[i].name.entries, name.entries);
        assert_int_equal(cases[i].name.level, name.level);
        assert_int_equal(cases[i].name.index, name.index);
        assert_int_equal(cases[i].name.width, name.width);
    }
}

static void other_texts_are_no_paths(void **state)
{
    static const char *const cases[] = {
        "", "/", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/0/0", "tile/0/00",
        "tile/0/0000",
        "tile/00/000", "tile/8/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/0x0/000", "tile/0/x000/000",
        "tile/0/x001", "tile/0/001/000", "tile/0/x001/x000", "tile/0/x1/000", "tile/0/000.p", "tile/0/000.p/",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1/2", "tile/0/000/1",
        "tile/0/000.q/1", "tile/0/x001.p/000/1", "tile/entries/", "tile/Entries/000", "tile/entries/../000",
        "tile/0/..", "tile/0//000", "tiles/0/000", "tile/data/000", "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
    };
    struct tile_name name;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (tile_path_parse(slice_from_string(cases[i]), &name) != ERROR_SYNTAX)
            fail_msg("%s was accepted", cases[i]);
    }
    assert_int_equal(ERROR_SYNTAX, tile_path_parse(slice_of("tile/0/00\0", 10), &name));
}

/* The specification's own examples: trees of 70,000 and of 256 entries. */
static void widths_are_those_of_the_specification(void **state)
{
    static const struct {
        uint64_t size;
        unsigned level;
        uint64_t index;
        unsigned width;
    } cases[] = {
        {70000, 0, 0, 256}, {70000, 0, 272, 256}, {70000, 0, 273, 112}, {70000, 0, 274, 0}, {70000, 1, 0, 256},
        {70000, 1, 1, 17},  {70000, 1, 2, 0},     {70000, 2, 0, 1},     {70000, 3, 0, 0},   {256, 0, 0, 256},
        {256, 0, 1, 0},     {256, 1, 0, 1},       {0, 0, 0, 0},         {70000, 8, 0, 0},   {UINT64_MAX, 7, 0, 255},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cases[i].width, tile_width(cases[i].size, cases[i].level, cases[i].index));
}

static void a_tile_folds_to_the_root_of_its_hashes(void **state)
{
    struct hash leaf[TILE_WIDTH];
    struct tree_frontier frontier = {0};

    for (unsigned i = 0; i < TILE_WIDTH; i++) {
        leaf[i] = tree_hash_leaf(slice_of(&i, sizeof i));
        tree_frontier_append(&frontier, &leaf[i]);
        if ((frontier.size & (frontier.size - 1)) != 0)
            continue;
        struct hash folded = tile_fold(leaf, (unsigned)__builtin_ctzll(frontier.size));
        struct tree_head head = tree_frontier_head(&frontier);
        assert_true(hash_equal(&head.root, &folded));
    }
}

static void bundles_give_back_their_entries(void **state)
{
    CLEANUP_BUFFER struct buffer bundle = buffer_new(1 << 20);
    static char large[65536];

    tile_entry_write(SLICE("one"), &bundle);
    tile_entry_write(SLICE(""), &bundle);
    tile_entry_write(slice_of(large, 65535), &bundle);
    struct reader reader = reader_of(buffer_view(&bundle));
    assert_true(slice_is(tile_entry_read(&reader), "one"));
    assert_int_equal(0, tile_entry_read(&reader).length);
    assert_int_equal(65535, tile_entry_read(&reader).length);
    assert_true(reader_done(&reader));
    reader = reader_of(slice_of("\0\4one", 5));
    (void)tile_entry_read(&reader);
    assert_true(reader.failed);
    tile_entry_write(slice_of(large, 65536), &bundle);
    assert_int_equal(ERROR_TOO_LARGE, buffer_check(&bundle));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tile_has_one_path),
        cmocka_unit_test(other_texts_are_no_paths),
        cmocka_unit_test(widths_are_those_of_the_specification),
        cmocka_unit_test(a_tile_folds_to_the_root_of_its_hashes),
        cmocka_unit_test(bundles_give_back_their_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
