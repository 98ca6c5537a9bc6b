/* The keys of `serai top`: from what is pressed to another choice.  Nothing is read or drawn. */
#include <string.h>

#include "site/cli/top.h"

/* The keys that choose an order at once; `s` goes through them. */
static const struct {
    int key;
    enum top_key by;
} order_keys[] = {
    {'c', TOP_BY_BURN},    {'p', TOP_BY_PAID},  {'i', TOP_BY_IN},
    {'b', TOP_BY_BALANCE}, {'l', TOP_BY_LASTS}, {'m', TOP_BY_MEMORY},
    {'x', TOP_BY_INBOX},   {'n', TOP_BY_NAME},  {'a', TOP_BY_AGENT},
};
enum { ORDER_KEYS = sizeof order_keys / sizeof order_keys[0] };

/* Typing the filter.  Only ASCII that is shown as it is: names of agents are made of it. */
static enum top_effect top_type(struct top_choice *choice, int key)
{
    size_t length = strlen(choice->filter);

    if (key == TOP_KEY_ENTER) {
        choice->filtering = false;
    } else if (key == TOP_KEY_ESCAPE) {
        choice->filtering = false;
        choice->filter[0] = '\0';
    } else if (key == TOP_KEY_BACKSPACE) {
        if (length > 0)
            choice->filter[length - 1] = '\0';
    } else if (key > ' ' && key < 0x7f && key != '\\' && length + 1 < sizeof choice->filter) {
        choice->filter[length] = (char)key;
        choice->filter[length + 1] = '\0';
    } else {
        return TOP_NOTHING;
    }
    return TOP_CHANGED;
}

static void top_leave(struct top *top)
{
    if (top->choice.helps)
        top->choice.helps = false;
    else if (top->choice.followed != 0)
        top_follow(top, 0);
    else
        top->choice.filter[0] = '\0';
}

/* Follow the row that is selected. */
static enum top_effect top_enter(struct top *top)
{
    if (top->shown == 0 || top->choice.followed != 0 || top->choice.helps)
        return TOP_NOTHING;
    top_follow(top, top->rows[top_selected(top)]->id);
    return TOP_READ;
}

static bool top_move(struct top *top, int key, size_t page_rows)
{
    long page = page_rows > 1 ? (long)page_rows - 1 : 1;

    if (key == TOP_KEY_UP || key == 'k')
        top_select(top, -1);
    else if (key == TOP_KEY_DOWN || key == 'j')
        top_select(top, 1);
    else if (key == TOP_KEY_PAGE_UP)
        top_select(top, -page);
    else if (key == TOP_KEY_PAGE_DOWN || key == ' ')
        top_select(top, page);
    else if (key == TOP_KEY_HOME || key == 'g')
        top_select(top, -(long)TOP_AGENTS_MAX);
    else if (key == TOP_KEY_END || key == 'G')
        top_select(top, TOP_AGENTS_MAX);
    else
        return false;
    return true;
}

static bool top_order_by(struct top_choice *choice, int key)
{
    for (size_t i = 0; i < ORDER_KEYS; i++)
        if (order_keys[i].key == key) {
            choice->by = order_keys[i].by;
            return true;
        }
    return false;
}

enum top_effect top_press(struct top *top, int key, size_t page_rows)
{
    struct top_choice *choice = &top->choice;

    if (key == TOP_KEY_RESIZE)
        return TOP_CHANGED;
    if (choice->filtering)
        return top_type(choice, key);
    if (key == 'q' || key == 'Q')
        return TOP_QUIT;
    if (key == TOP_KEY_ENTER)
        return top_enter(top);
    if (top_move(top, key, page_rows) || top_order_by(choice, key))
        return TOP_CHANGED;
    if (key == TOP_KEY_ESCAPE || key == TOP_KEY_BACKSPACE)
        top_leave(top);
    else if (key == '/')
        choice->filtering = true;
    else if (key == '?' || key == 'h')
        choice->helps = !choice->helps;
    else if (key == 's')
        choice->by = (choice->by + 1) % TOP_KEYS;
    else if (key == 'r')
        choice->reversed = !choice->reversed;
    else if (key == 'w')
        choice->window = choice->window == TOP_MINUTE ? TOP_LATEST : TOP_MINUTE;
    else if (key == 'u')
        choice->per = (choice->per + 1) % TOP_PERS;
    else
        return TOP_NOTHING;
    return TOP_CHANGED;
}
