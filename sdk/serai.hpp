/*
 * For agents in C++: serai.h, and small classes around it that free what they hold.
 *
 *     #include <serai.hpp>
 *
 *     void serai_turn(int32_t kind, int32_t slot, int32_t size)
 *     {
 *         if (kind == SERAI_EVENT_MESSAGE)
 *             serai::event().question().give("come in", 7);
 *     }
 *
 * Build it as an agent in C, with `serai-cc`.  Constructors of global objects run before the
 * first turn, destructors of global objects never (docs/guest-abi.md, "The module").  There is no
 * library of C++, no exception and no run-time type; nothing here allocates.
 */
#ifndef SERAI_SDK_SERAI_HPP
#define SERAI_SDK_SERAI_HPP

#include "sdk/serai.h"

namespace serai
{

/* A line of text that is being written.  What does not fit is cut off. */
class text
{
  public:
    text()
    {
        line.size = 0; // the bytes are not cleared: clearing is paid
    }
    text &add(const char *words)
    {
        serai_text_add(&line, words);
        return *this;
    }
    text &add_bytes(const char *bytes, int32_t size)
    {
        serai_text_add_bytes(&line, bytes, size);
        return *this;
    }
    text &add_int(int64_t value)
    {
        serai_text_add_int(&line, value);
        return *this;
    }
    text &add_money(int64_t nanos) /* with nine places */
    {
        serai_text_add_money(&line, nanos);
        return *this;
    }
    text &add_hex(const uint8_t *bytes, int32_t count)
    {
        serai_text_add_hex(&line, bytes, count);
        return *this;
    }
    const char *bytes() const
    {
        return line.bytes;
    }
    int32_t size() const
    {
        return line.size;
    }
    /* Write the line to the log and empty it.  Returns what log_append() returns. */
    int64_t log()
    {
        return serai_text_log(&line);
    }

  private:
    serai_text line;
};

/*
 * A slot that is one's own until it is let go: dropped at the end, moved and never copied.  Made of
 * the result of an order, which may be a refusal: then it holds nothing.
 */
class cap
{
  public:
    explicit cap(int64_t result = SERAI_SLOT_NONE) : held(static_cast<int32_t>(result))
    {
    }
    cap(const cap &) = delete;
    cap &operator=(const cap &) = delete;
    cap(cap &&other) : held(other.release())
    {
    }
    cap &operator=(cap &&other)
    {
        if (this != &other) {
            drop();
            held = other.release();
        }
        return *this;
    }
    ~cap()
    {
        drop();
    }
    explicit operator bool() const
    {
        return held >= 0;
    }
    int32_t slot() const
    {
        return held;
    }
    /* The result that it was made of, if that was a refusal; else 0. */
    int32_t refusal() const
    {
        return held < 0 ? held : 0;
    }
    /* Give it away: the slot stays as it is, and is the caller's. */
    int32_t release()
    {
        int32_t slot = held;

        held = SERAI_SLOT_NONE;
        return slot;
    }
    /* Let it go now. */
    void drop()
    {
        if (held >= 0)
            (void)cap_drop(held); // refused for what has to be sold: its owner sells it
        held = SERAI_SLOT_NONE;
    }

  private:
    int32_t held;
};

/*
 * The question that came with an event.  It is answered or failed once; who asked hears `SILENT` at
 * the end of the turn if neither was done, nor keep().  As serai_answer(), serai_break(),
 * serai_return().
 */
class reply
{
  public:
    explicit reply(int32_t slot) : held(slot)
    {
    }
    explicit operator bool() const
    {
        return held >= 0;
    }
    int64_t give(const void *data, int32_t size, int64_t money = 0)
    {
        return serai_answer(taken(), data, size, money);
    }
    int64_t fail(int32_t code, const char *reason)
    {
        return serai_break(taken(), code, reason);
    }
    int64_t give_back(int32_t code, const char *reason, int64_t money)
    {
        return serai_return(taken(), code, reason, static_cast<int32_t>(strlen(reason)), money);
    }
    /* Keep it over this turn.  The slot, for a `reply` of a later turn; or a refusal. */
    int64_t keep()
    {
        int64_t answer = cap_keep(held);

        return answer < 0 ? answer : held;
    }

  private:
    int32_t taken()
    {
        int32_t slot = held;

        held = SERAI_SLOT_NONE;
        return slot;
    }

    int32_t held;
};

/* The event of this turn. */
class event : public serai_event
{
  public:
    event() : serai_event()
    {
        (void)event_info(this);
    }
    serai::reply question() const
    {
        return serai::reply(reply);
    }
};

/* The data that came with the event, as much as fits: how many bytes. */
template <typename Byte, int32_t Size> int32_t data(Byte (&to)[Size])
{
    static_assert(sizeof(Byte) == 1, "data is bytes");
    int64_t size = event_read(to, Size, 0);

    return size < 0 ? 0 : static_cast<int32_t>(size);
}

} // namespace serai

#endif
