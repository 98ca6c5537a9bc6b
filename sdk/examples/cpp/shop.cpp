// Shop: sells the sum of the bytes that it is sent, for 1000 nanos.
#include <serai.hpp>

namespace
{

constexpr int64_t price = 1000;                     // nanos
constexpr int32_t too_little = SERAI_FAIL_CODE_MIN; // why it would not: a code of this shop's own

class shop
{
  public:
    shop() // before the first turn, at which the orders can be given already
    {
        cap door(self_facet(SERAI_SLOT_SELF, 1, 0));
        uint8_t number[SERAI_HEAP_NUMBER_BYTES];

        // Whoever is told the number can get the door: heap_get(SERAI_SLOT_HEAP, number).
        if (!door || heap_add(SERAI_SLOT_HEAP, door.slot(), number) < 0)
            serai_fail(too_little, "too little money for a door");
        (void)serai::text().add("the door is ").add_hex(number, sizeof number).log();
    }

    void serve()
    {
        serai::event event;
        int64_t sum = 0;

        if (event.money < price)
            serai_fail(too_little, "a sum costs 0.000001000"); // does not return
        int32_t size = serai::data(data);
        for (int32_t i = 0; i < size; i++)
            sum += data[i];
        (void)serai::text().add("sold ").add_int(++sold).add(" for ").add_money(event.money).log();
        (void)event.question().give(&sum, sizeof sum);
    }

  private:
    using cap = serai::cap;

    uint8_t data[4096] = {};
    int64_t sold = 0;
};

shop ours;

} // namespace

void serai_turn(int32_t kind, int32_t, int32_t)
{
    if (kind == SERAI_EVENT_MESSAGE)
        ours.serve();
}
