package main

import (
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
)

// The SDK's generated models are a thousand files that take minutes to build; these three have their shape.

// person is an entity with an id and a name.
type person struct {
	id, displayName *string
}

func newPerson(serialization.ParseNode) (serialization.Parsable, error) { return &person{}, nil }

func (p *person) Serialize(serialization.SerializationWriter) error { return nil }

func (p *person) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{
		"id":          text(&p.id),
		"displayName": text(&p.displayName),
	}
}

// people is a page of a collection.
type people struct {
	value               []*person
	nextLink, deltaLink *string
}

func newPeople(serialization.ParseNode) (serialization.Parsable, error) { return &people{}, nil }

func (p *people) Serialize(serialization.SerializationWriter) error { return nil }

func (p *people) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{
		"@odata.nextLink":  text(&p.nextLink),
		"@odata.deltaLink": text(&p.deltaLink),
		"value": func(node serialization.ParseNode) error {
			found, err := node.GetCollectionOfObjectValues(newPerson)
			for _, one := range found {
				p.value = append(p.value, one.(*person))
			}
			return err
		},
	}
}

func (p *people) GetValue() []*person        { return p.value }
func (p *people) GetOdataNextLink() *string  { return p.nextLink }
func (p *people) GetOdataDeltaLink() *string { return p.deltaLink }

// odataError is Graph's error body.
type odataError struct {
	abstractions.ApiError
	main mainError
}

type mainError struct {
	code, message *string
	inner         innerError
}

type innerError struct {
	requestID, date *string
}

func newODataError(serialization.ParseNode) (serialization.Parsable, error) {
	return &odataError{}, nil
}

func (e *odataError) Error() string { return *e.main.message }

func (e *odataError) Serialize(serialization.SerializationWriter) error { return nil }

func (e *odataError) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{"error": inside(&e.main)}
}

func (e *mainError) Serialize(serialization.SerializationWriter) error { return nil }

func (e *mainError) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{
		"code": text(&e.code), "message": text(&e.message), "innerError": inside(&e.inner),
	}
}

func (e *innerError) Serialize(serialization.SerializationWriter) error { return nil }

func (e *innerError) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{"request-id": text(&e.requestID), "date": text(&e.date)}
}

func text(place **string) func(serialization.ParseNode) error {
	return func(node serialization.ParseNode) error {
		value, err := node.GetStringValue()
		*place = value
		return err
	}
}

func inside(place serialization.Parsable) func(serialization.ParseNode) error {
	return func(node serialization.ParseNode) error {
		_, err := node.GetObjectValue(func(serialization.ParseNode) (serialization.Parsable, error) { return place, nil })
		return err
	}
}
