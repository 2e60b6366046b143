/* order.c - a request to the model, and lists of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/limits.h"
#include "serve/inside.h"

struct pf_order *pf_order_make(void)
{
	struct pf_order *o = calloc(1, sizeof(*o));

	if (!o)
		pf_oom();
	o->answer = PF_BUF(PF_MAX_ANSWER);
	return o;
}

void pf_order_drop(struct pf_order *o)
{
	if (!o)
		return;
	pf_buf_free(&o->body);
	pf_buf_free(&o->answer);
	free(o);
}

void pf_orders_add(struct pf_orders *list, struct pf_order *o)
{
	o->next = NULL;
	o->previous = list->last;
	if (list->last)
		list->last->next = o;
	else
		list->first = o;
	list->last = o;
	list->n++;
}

struct pf_order *pf_orders_take(struct pf_orders *list)
{
	struct pf_order *o = list->first;

	if (!o)
		return NULL;
	list->first = o->next;
	if (list->first)
		list->first->previous = NULL;
	else
		list->last = NULL;
	list->n--;
	o->next = o->previous = NULL;
	return o;
}

/* All of `from`, in their order, before those of `list`. */
void pf_orders_put_back(struct pf_orders *list, struct pf_orders *from)
{
	if (!from->n)
		return;
	from->last->next = list->first;
	if (list->first)
		list->first->previous = from->last;
	else
		list->last = from->last;
	list->first = from->first;
	list->n += from->n;
	*from = (struct pf_orders){ 0 };
}

void pf_orders_remove(struct pf_orders *list, struct pf_order *o)
{
	if (o->previous)
		o->previous->next = o->next;
	else
		list->first = o->next;
	if (o->next)
		o->next->previous = o->previous;
	else
		list->last = o->previous;
	o->next = o->previous = NULL;
	list->n--;
}
